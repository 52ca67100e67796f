//! Up to four candidates side by side.

use std::sync::Arc;

use axum::extract::{Query as Parameters, State};
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use theriac_explain::Node;
use theriac_graph::wording::{grouped, plural};
use theriac_predict::numbers::small_share;
use theriac_predict::ranked::{End, Query};

use crate::asked::At;
use crate::candidates::{Wanted, list, seen_links};
use crate::models::Served;
use crate::pages::{candidates, links};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::workbench::Workbench;

/// Nodes that are compared, at most.
const MOST: usize = 4;
/// Candidates of each.
const TOP: usize = 15;

/// The page of several nodes.
pub async fn compare(
    State(bench): State<Arc<Workbench>>,
    At(model): At<String>,
    Parameters(parameters): Parameters<Vec<(String, String)>>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let served = bench.model(&model)?;
    let all = |wanted: &'static str| {
        parameters.iter().filter(move |(name, _)| name == wanted).map(|(_, value)| value.clone())
    };
    let node_type = all("type").next().unwrap_or_default();
    let ids: Vec<String> = all("id").collect();
    if !(1..=MOST).contains(&ids.len()) {
        return Err(Problem::bad_request(format!(
            "{} nodes are to be compared; expected 1 to {MOST}",
            ids.len()
        )));
    }
    let queries: Vec<Query> =
        ids.iter().map(|id| candidates::query(&served, &node_type, id)).collect::<Result<_, Problem>>()?;
    let key = format!("{} compare {queries:?}", served.generation);
    bench
        .reply(&key, &asked, move |bench| {
            let content = content(&served, &queries)?;
            Ok(Reply::html(bench.page("Side by side", &served, "compare").render(&content)))
        })
        .await
}

fn content(served: &Served, queries: &[Query]) -> Result<Markup, Problem> {
    let wanted = Wanted { novel: true, top: Some(TOP), ..Wanted::default() };
    let end = queries[0].end;
    let listings =
        queries.iter().map(|&query| list(served, query, &wanted)).collect::<Result<Vec<_>, Problem>>()?;
    let elsewhere =
        |id: &str| listings.iter().filter(|of| of.rows.iter().any(|row| row.candidate.id == id)).count();
    let others = plural(&served.predictor.table(end.other()).node_type);
    Ok(html! {
        p.kicker { "Side by side" }
        h1 { "Novel " (others) " for " (queries.len()) " " (plural(&served.predictor.table(end).node_type)) }
        p { "The first " (TOP) " of each. Those that stand in several columns are marked with how many." }
        div.columns { @for (query, listing) in queries.iter().zip(&listings) {
            @let node = Node { node_type: query.end.node_type(served.predictor.relation()), index: query.node };
            div.column {
                h2 { a href=(links::node_page(served, "candidates", node)) { (candidates::name(served, *query)) } }
                p.aside { (facts(served, *query, end)) }
                ol { @for row in &listing.rows {
                    @let times = elsewhere(&row.candidate.id);
                    li {
                        a href=(links::pair(served, query.pair(row.candidate.node))) { (row.candidate.name) }
                        " " span.aside { (small_share(row.candidate.probability)) }
                        @if times > 1 { " " span.tag title="in so many columns" { "×" (times) } }
                    }
                } }
            }
        } }
    })
}

fn facts(served: &Served, query: Query, end: End) -> String {
    let seen = seen_links(served, end, query.node);
    format!(
        "{} known links, of which the model has seen {}",
        grouped(served.predictor.known_links(query) as usize),
        grouped(seen as usize)
    )
}
