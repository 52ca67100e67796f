//! A map of the nodes of both ends, by what the model says of them.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use theriac_explain::Node;
use theriac_graph::wording::plural;
use theriac_predict::map::{CLUSTERS, Map, Spot};
use theriac_predict::ranked::End;

use crate::asked::{Asked, At};
use crate::models::Served;
use crate::pages::links;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::workbench::Workbench;

/// Nodes of each end, at most.
const MOST: usize = 1500;
/// Width and height of the picture.
const SIZE: [f32; 2] = [1000.0, 640.0];
/// Free space around the spots.
const MARGIN: f32 = 16.0;
/// The share of spots on either axis that the picture is made to hold; the few beyond stand at its border.
const HELD: f32 = 0.995;

/// By what spots are coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Colour {
    #[default]
    Type,
    Cluster,
}

/// How the map is asked for.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    colour: Colour,
}

/// The page of the map.
pub async fn map(
    State(bench): State<Arc<Workbench>>,
    At(model): At<String>,
    Asked(wanted): Asked<Wanted>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let served = bench.model(&model)?;
    let key = format!("{} map {wanted:?}", served.generation);
    bench
        .reply(&key, &asked, move |bench| {
            let content = content(&served, &served.predictor.map(MOST)?, wanted.colour);
            Ok(Reply::html(bench.page("Map", &served, "map").render(&content)))
        })
        .await
}

fn content(served: &Served, map: &Map, colour: Colour) -> Markup {
    let [source, target] =
        [End::Source, End::Target].map(|end| plural(&served.predictor.table(end).node_type));
    let address = links::page(&served.name, "map");
    let [across, up] = map.told.map(|share| format!("{:.0} %", 100.0 * share));
    let count = |end: End| map.spots.iter().filter(|spot| spot.end == end).count();
    html! {
        p.kicker { "Map" }
        h1 { "How the model sees " (source) " and " (target) }
        p {
            "Nodes that the model scores alike stand close; a " (served.predictor.table(End::Source).node_type)
            " stands in the direction of the " (target) " that it is scored high for. How popular a node is has no place: the means of both ends are taken \
            from the scores, and the two leading directions of what is left are drawn. They tell " (across) " and " (up)
            " of the differences, so that what is close here may be apart in others."
        }
        nav.verdicts aria-label="Colours" { ul {
            li { a href=(address) aria-current=[(colour == Colour::Type).then_some("true")] { "By type" } }
            li { a href=(format!("{address}?colour=cluster")) aria-current=[(colour == Colour::Cluster).then_some("true")] { "By cluster" } }
        } }
        ul.legend {
            li { (sample(End::Source, 0)) span { (source) ", " (count(End::Source)) } }
            li { (sample(End::Target, usize::from(colour == Colour::Type))) span { (target) ", " (count(End::Target)) } }
            @if colour == Colour::Cluster { li { span.aside { (CLUSTERS) " clusters (k-means over eight directions), a colour each" } } }
        }
        figure.map {
            p.actions.zoom hidden { button type="button" data-zoom="in" { "Closer" } button type="button" data-zoom="out" { "Farther" } button type="button" data-zoom="all" { "All" } span.aside { "or turn the wheel and drag" } }
            (picture(served, map, colour))
            figcaption { "The " (MOST) " nodes of each end with the most known links, at most. Point at a spot for its name; open it with a click." }
        }
    }
}

/// A spot of the legend.
fn sample(end: End, hue: usize) -> Markup {
    html! { svg.swatch aria-hidden="true" width="14" height="14" viewBox="-7 -7 14 14" { path.spot.(format!("hue-{hue}")) d=(shape(end)) {} } }
}

/// A disc for sources, a square on its corner for targets.
fn shape(end: End) -> &'static str {
    match end {
        End::Source => "M-3.2 0a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0-6.4 0",
        End::Target => "M0-5L5 0L0 5L-5 0Z",
    }
}

fn picture(served: &Served, map: &Map, colour: Colour) -> Markup {
    let extents = [0, 1].map(|axis| extent(&map.spots, axis));
    let place = |spot: &Spot| {
        let on = |axis: usize| {
            let half = SIZE[axis] / 2.0 - MARGIN;
            let at = (spot.at[axis] / extents[axis]).clamp(-1.0, 1.0) * half;
            SIZE[axis] / 2.0 + if axis == 1 { -at } else { at }
        };
        format!("translate({:.1} {:.1})", on(0), on(1))
    };
    let relation = served.predictor.relation();
    html! {
        svg.spots role="img" aria-label="Map of nodes" viewBox=(format!("0 0 {} {}", SIZE[0], SIZE[1])) {
            @for spot in &map.spots {
                @let node = Node { node_type: spot.end.node_type(relation), index: spot.node };
                @let hue = if colour == Colour::Cluster { spot.cluster } else { usize::from(spot.end == End::Target) };
                a href=(links::node(served, node)) tabindex="-1" transform=(place(spot)) {
                    path.spot.(format!("hue-{hue}")) d=(shape(spot.end)) {}
                    title { (served.tables()[node.node_type].names[spot.node as usize]) }
                }
            }
        }
    }
}

/// How far out most spots stand on an axis.
fn extent(spots: &[Spot], axis: usize) -> f32 {
    let mut distances: Vec<f32> = spots.iter().map(|spot| spot.at[axis].abs()).collect();
    distances.sort_unstable_by(f32::total_cmp);
    let held = ((distances.len() as f32 * HELD) as usize).min(distances.len().saturating_sub(1));
    distances.get(held).copied().unwrap_or(1.0).max(f32::MIN_POSITIVE)
}
