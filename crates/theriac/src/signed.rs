//! The figures of a signed model as text.

use theriac_graph::RelationKey;
use theriac_models::SignedCard;
use theriac_predict::numbers::{figure, grouped};

use crate::table::PlainTable;

/// The figures of signed probabilities, as a table with what it is about.
pub fn signed_figures(card: &SignedCard, target: &RelationKey) -> String {
    let Some(first) = card.figures.first() else { return String::new() };
    let [of_target, of_against, neither] = first.pairs.map(grouped);
    let mut table = PlainTable::new(["<scorer", "log loss", "AUROC of the sign"]);
    for of in &card.figures {
        let sign = of.sign_auroc.map_or_else(String::new, figure);
        table.push([of.scorer.clone(), format!("{:.5}", of.log_loss), sign]);
    }
    let nothing = first.log_loss_of_base_rates;
    table.push(["base rates alone".to_owned(), format!("{nothing:.5}"), figure(0.5)]);
    format!(
        "Signed, on test pairs: {of_target} of {target}, {of_against} of {}, {neither} of neither; weighted to base rates.\n\
         The AUROC of the sign tells the first from the second.\n\n{table}",
        card.against
    )
}
