//! The ranked candidates for a disease or a drug.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use theriac_explain::Node;
use theriac_graph::wording::{grouped, plural};
use theriac_link::Pair;
use theriac_predict::numbers::{counted, small_share};
use theriac_predict::ranked::{Candidate, Query};
use theriac_report::flag_labels;

use crate::asked::{Asked, At};
use crate::candidates::{Listing, Order, Row, Wanted, list};
use crate::models::Served;
use crate::pages::links;
use crate::pages::shortlist::{Pins, pin_button};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::workbench::Workbench;

const ORDERS: [(Order, &str, &str); 4] = [
    (Order::Score, "score", "Score"),
    (Order::Specific, "specific", "Score without popularity"),
    (Order::Support, "support", "Known links"),
    (Order::Name, "name", "Name"),
];

/// The candidates for a node.
pub async fn candidates(
    State(bench): State<Arc<Workbench>>,
    At((model, node_type, id)): At<(String, String, String)>,
    Asked(wanted): Asked<Wanted>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let served = bench.model(&model)?;
    let query = query(&served, &node_type, &id)?;
    let revision = bench.shortlist.revision()?;
    let key = format!("{} {revision} ranking {query:?} {wanted:?}", served.generation);
    bench
        .reply(&key, &asked, move |bench| {
            let listing = list(&served, query, &wanted)?;
            let pins = Pins::of(bench, &served)?;
            let title = format!(
                "{} for {}",
                plural(&served.predictor.table(query.end.other()).node_type),
                name(&served, query)
            );
            let content = content(&served, query, &wanted, &listing, &pins);
            Ok(Reply::html(bench.page(&title, &served, "candidates").render(&content)))
        })
        .await
}

/// The query by the node of that type and id.
///
/// # Errors
///
/// When there is no such node, or the model has no candidates for its type.
pub fn query(served: &Served, node_type: &str, id: &str) -> Result<Query, Problem> {
    let node = served
        .node(node_type, id)
        .ok_or_else(|| Problem::not_found(format!("no {node_type} has the id '{id}'")))?;
    let end = served.end_of(node.node_type).ok_or_else(|| {
        let key = &served.predictor.relation().key;
        Problem::not_found(format!("the model predicts {key}, which joins no {node_type}"))
    })?;
    Ok(Query { end, node: node.index })
}

/// What a queried node is called.
pub fn name(served: &Served, query: Query) -> &str {
    &served.predictor.table(query.end).names[query.node as usize]
}

fn content(served: &Served, query: Query, wanted: &Wanted, listing: &Listing, pins: &Pins) -> Markup {
    let predictor = &served.predictor;
    let (own, other) = (predictor.table(query.end), predictor.table(query.end.other()));
    let label = own.label(query.node);
    let known = predictor.known_links(query);
    let node = Node { node_type: query.end.node_type(predictor.relation()), index: query.node };
    let address = links::node_page(served, "candidates", node);
    html! {
        p.kicker { (plural(&other.node_type)) " for a " (own.node_type) }
        h1 { (label.name) }
        dl.facts {
            div { dt { "Id" } dd { code.id { (label.id) } } }
            div { dt { "Known links" } dd { (grouped(known as usize)) } }
            div { dt { "Candidates" } dd { (grouped(listing.ranked)) } }
            div { dt { "Base rate" } dd { (small_share(predictor.base_rate())) } }
            div { dt { "In the graph" } dd { a href=(links::node_page(served, "node", node)) { "Neighbourhood" } } }
        }
        @if known == 0 {
            p.caution { "No link of this " (own.node_type) " is known: what is said of it comes from its other edges and features alone." }
        } @else if known < 3 {
            p.caution { "Only " (counted(known as usize, "link")) " of this " (own.node_type) " known: the ranking rests on little." }
        }
        (filters(wanted, &address, &other.node_type))
        (downloads(served, node, wanted))
        @if listing.rows.is_empty() {
            p { "No candidate passes these filters. " a href=(address) { "Show all" } }
        } @else {
            form method="get" action=(links::page(&served.name, "compare")) {
                input type="hidden" name="type" value=(other.node_type);
                (table(served, query, listing, pins, wanted))
                p.actions { button type="submit" { "Compare those that are ticked" } span.aside { " up to four, side by side" } }
            }
            (pages(&address, wanted, listing))
        }
    }
}

fn filters(wanted: &Wanted, address: &str, candidate_type: &str) -> Markup {
    html! {
        form.filters method="get" action=(address) aria-label="Filters" {
            label { input type="checkbox" name="novel" value="true" checked[wanted.novel]; " Novel only" }
            label title="As far as the graph says so" {
                input type="checkbox" name="safe" value="true" checked[wanted.safe]; " Not contraindicated, withdrawn or failed"
            }
            label { "Known links, at least "
                input type="number" name="support" min="0" max="100000" value=[(wanted.support > 0).then_some(wanted.support)];
            }
            label title=(format!("Only a {candidate_type} that an edge joins with this node")) { "Joined with "
                input.through type="text" name="through" value=[wanted.through.as_deref()] placeholder="target, class, pathway …"
                    autocomplete="off" maxlength="200" data-search="name";
            }
            label { "Order "
                select name="order" { @for (order, value, label) in ORDERS {
                    option value=(value) selected[wanted.order == order] { (label) }
                } }
            }
            button type="submit" { "Apply" }
        }
    }
}

fn downloads(served: &Served, node: Node, wanted: &Wanted) -> Markup {
    let address = links::node_page(served, "download", node);
    let novel = if wanted.novel { "&novel=true" } else { "" };
    html! {
        p.downloads {
            "Save all candidates as "
            @for (place, (form, label)) in [("tsv", "TSV"), ("parquet", "Parquet"), ("kgx", "KGX")].iter().enumerate() {
                @if place > 0 { ", " }
                a href=(format!("{address}?form={form}{novel}")) download { (label) }
            }
            ", or the first with explanations as "
            a href=(format!("{address}?form=html{novel}")) download { "HTML report" } ", "
            a href=(format!("{address}?form=md{novel}")) download { "Markdown" } "."
        }
    }
}

fn table(served: &Served, query: Query, listing: &Listing, pins: &Pins, wanted: &Wanted) -> Markup {
    let with_popularity = listing.rows.iter().any(|row| row.popularity.is_some());
    let signed = listing.rows.iter().any(|row| row.candidate.probability_against.is_some());
    let filtered = if listing.fitting < listing.ranked {
        format!("{} of {} candidates pass the filters", grouped(listing.fitting), grouped(listing.ranked))
    } else {
        format!("{} candidates", grouped(listing.ranked))
    };
    html! {
        div.scroll tabindex="0" role="group" aria-label="Candidates" { table.ranked {
            caption { div {
                (filtered) ". Probability: " (served.predictor.model.card.calibration.method) ". Percentile: the share of candidates that are scored \
                lower. " @if wanted.novel { "Known links are left out." } @else { "Known links are among them." }
            } }
            thead { tr {
                th scope="col" { span.hidden { "Compare" } }
                th.number scope="col" { "Rank" }
                th scope="col" { span.initial { (served.predictor.table(query.end.other()).node_type) } }
                th.number scope="col" { "Score" }
                th.number scope="col" { "Probability" }
                @if signed { th.number scope="col" { "Against" } }
                th.number scope="col" { "Percentile" }
                @if with_popularity { th.number scope="col" title="Share of popularity in what is added to the score" { "Popularity" } }
                th.number scope="col" { "Known links" }
                th scope="col" { "In common" }
                th scope="col" { span.hidden { "Shortlist" } }
            } }
            tbody { @for row in &listing.rows { (candidate(served, query, row, pins, (with_popularity, signed))) } }
        } }
    }
}

fn candidate(
    served: &Served,
    query: Query,
    row: &Row,
    pins: &Pins,
    (popularity, signed): (bool, bool),
) -> Markup {
    let Candidate { node, rank, id, name, score, probability, percentile, .. } = &row.candidate;
    let pair: Pair = query.pair(*node);
    html! {
        tr {
            td { input type="checkbox" name="id" value=(id) aria-label=(format!("Compare {name}")); }
            td.number.rank data-label="Rank" { (rank) }
            th scope="row" {
                a href=(links::pair(served, pair)) { (name) }
                @if id != name { " " span.detail { (id) } }
                (flag_labels(&row.flags))
            }
            td.number data-label="Score" { (format!("{score:.2}")) }
            td.number data-label="Probability" {
                span.value { (small_share(*probability)) }
                @if let (Some(low), Some(high)) = (row.candidate.probability_low, row.candidate.probability_high) {
                    span.detail { (small_share(low)) " – " (small_share(high)) }
                }
            }
            @if signed { td.number data-label="Against" {
                (row.candidate.probability_against.map_or_else(|| "–".into(), small_share))
            } }
            td.number data-label="Percentile" { (format!("{percentile:.2}")) }
            @if popularity { td.number data-label="Popularity" {
                (row.popularity.map_or_else(|| "–".into(), |share| format!("{:.0} %", 100.0 * share)))
            } }
            td.number data-label="Known links" { (row.support) }
            td.prose data-label="In common" {
                @for (place, shared) in row.shared.iter().enumerate() {
                    @if place > 0 { ", " }
                    span title=(shared.node_type) { (shared.name) }
                }
                @if row.shared_count > row.shared.len() { span.aside { " and " (row.shared_count - row.shared.len()) " more" } }
                @if row.shared.is_empty() { span.missing { "no node" } }
            }
            td { (pin_button(served, pair, pins.entry(served, pair))) }
        }
    }
}

/// To the pages before and after.
fn pages(address: &str, wanted: &Wanted, listing: &Listing) -> Markup {
    let (skip, top) = (wanted.skip, wanted.top());
    let last = (skip + listing.rows.len()).min(listing.fitting);
    html! {
        nav.pages aria-label="Pages of candidates" {
            @if skip > 0 { a rel="prev" href=(format!("{address}?{}", wanted.to_query(skip.saturating_sub(top)))) { "← Before" } }
            span { (grouped(skip + 1)) " to " (grouped(last)) " of " (grouped(listing.fitting)) }
            @if last < listing.fitting { a rel="next" href=(format!("{address}?{}", wanted.to_query(skip + top))) { "After →" } }
        }
    }
}
