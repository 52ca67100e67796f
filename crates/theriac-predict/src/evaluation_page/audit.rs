//! The audit of the target, as the page tells it.

use theriac_baselines::audit::{self, LEAST_AUROC, LEAST_OVERLAP, Predictor};
use theriac_link::Task;
use theriac_report::{Audit, Finding, Severity};

use crate::numbers::{counted, figure};

/// What was looked at and how far it reaches, and each finding with what this evaluation did about it.
pub fn audit(found: &audit::Audit, task: &Task) -> Audit {
    let target = &found.target;
    let kinds = counted(found.predictors.len(), "kind");
    let relations = match found.overlaps.len() {
        0 => "no other relation joins the same two types".into(),
        1 => "one other relation joins the same two types".into(),
        several => format!("{several} other relations join the same two types"),
    };
    let mut sentences = vec![format!(
        "Before any split, the whole graph was searched for what else tells of {target}: {relations}, and evidence of \
         {kinds} was tried, each by itself (paths of up to three steps, votes of alike nodes, given features)."
    )];
    // A finding tells the strongest by itself.
    if found.findings.iter().all(|finding| finding.severity != audit::Severity::Predicts) {
        sentences.extend(strongest(found));
    }
    if found.findings.iter().all(|finding| finding.decision.is_none()) {
        sentences.push(format!(
            "Nothing crosses the thresholds for a decision: {:.0} % of either relation shared, or an AUROC of {LEAST_AUROC}.",
            100.0 * LEAST_OVERLAP
        ));
    }
    Audit { sentences, findings: found.findings.iter().map(|of| finding(of, task)).collect() }
}

/// How far the strongest evidence reaches, in a sentence.
fn strongest(found: &audit::Audit) -> Option<String> {
    let known = found.predictors.iter().filter_map(|of| Some((of, of.matched_auroc?)));
    let (strongest, auroc): (&Predictor, f64) = known.max_by(|one, other| one.1.total_cmp(&other.1))?;
    Some(format!(
        "The strongest: {} alone tell edges from unknown pairs of like degree with an AUROC of {}, where 0.5 tells \
         nothing, and say something of {:.0} % of them.",
        lower(&strongest.in_words()),
        figure(auroc),
        100.0 * strongest.coverage
    ))
}

/// With a small letter at the beginning.
fn lower(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_lowercase).collect();
    format!("{first}{}", letters.as_str())
}

fn finding(found: &audit::Finding, task: &Task) -> Finding {
    let sentence = found.sentence.clone();
    let Some(decision) = &found.decision else {
        return Finding { severity: Severity::Note, sentence, done: None, decision: None };
    };
    let warning = |done: Option<String>| {
        let decision = done.is_none().then(|| decision.clone());
        Finding { severity: Severity::Warning, sentence: sentence.clone(), done, decision }
    };
    let [relation] = &found.relations[..] else {
        return warning(None);
    };
    // What is taken from a sibling is decided already.
    if found.severity == audit::Severity::Contains && task.siblings().contains(relation) {
        let done = format!("Pairs that are held out were taken out of {relation} too.");
        return Finding { severity: Severity::Note, sentence, done: Some(done), decision: None };
    }
    let kept = task.kept().contains(&relation.to_string());
    warning(kept.then(|| format!("{relation} was kept as it is, as --keep says.")))
}

#[cfg(test)]
mod tests {
    use theriac_link::conformance::{example_graph, example_task};

    use super::*;

    #[test]
    fn what_is_decided_is_told_and_the_rest_asked() {
        let graph = example_graph();
        let target = example_task(&graph).unwrap().target().clone();
        let found = audit::audit(&graph, &target, 1).unwrap();
        let task = Task::with_every_sibling(&graph, target).unwrap();
        let told = audit(&found, &task);
        assert!(
            told.sentences[0].contains("2 other relations join the same two types"),
            "{:?}",
            told.sentences
        );
        let first = &told.findings[0];
        assert_eq!((first.severity, first.decision.as_deref()), (Severity::Note, None));
        assert!(first.done.as_deref().unwrap().contains("disease:treated_by:drug too"), "{first:?}");

        let kept = task.keeping(&graph, &["disease:treated_by:drug".to_owned()]).unwrap();
        let first = &audit(&found, &kept).findings[0];
        assert_eq!(first.severity, Severity::Warning);
        assert!(first.done.as_deref().unwrap().contains("--keep"), "{first:?}");
    }

    #[test]
    fn nothing_found_says_so() {
        let graph = example_graph();
        let target = example_task(&graph).unwrap().target().clone();
        let found = audit::Audit { findings: Vec::new(), ..audit::audit(&graph, &target, 1).unwrap() };
        let told = audit(&found, &Task::with_every_sibling(&graph, target).unwrap());
        assert!(told.findings.is_empty());
        assert!(told.sentences[1].starts_with("The strongest: "), "{:?}", told.sentences);
        assert_eq!(
            told.sentences.last().unwrap(),
            "Nothing crosses the thresholds for a decision: 20 % of either relation shared, or an AUROC of 0.75."
        );
    }
}
