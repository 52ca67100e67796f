//! The demonstration on the embedded graph.

use crate::workplace::Workplace;

#[test]
fn the_demo_tells_the_whole_story() {
    let workplace = Workplace::new();
    let shown = workplace.run("demo --quiet").printed();
    for part in [
        "not medical\nadvice",
        "\ndrug:treats:disease          509\n",
        "\nmedian rank ",
        "\nhits@10 ",
        "20 pairs, prevalence 0.333 sampled",
        "With 20 held-out pairs these figures are coarse",
        " drug candidates for migraine (DOID:6364), by graphsage",
        "held out: a true use, not shown to the model",
        "What to run next:",
    ] {
        assert!(shown.contains(part), "'{part}' is not in {shown}");
    }
    let rediscovered = ["sildenafil", "thalidomide", "minoxidil", "bupropion", "topiramate", "ropinirole"];
    for drug in rediscovered {
        assert!(shown.lines().any(|line| line.starts_with(drug)), "no row for {drug}");
    }
    assert_eq!(workplace.listing(), Vec::<String>::new(), "the demo writes nothing");
    assert_eq!(workplace.run("demo --quiet").printed(), shown, "the demo is not the same twice");
}

#[test]
fn the_demo_ranks_for_the_disease_asked_for() {
    let workplace = Workplace::new();
    let run = workplace.run_list(&["demo", "--quiet", "--disease", "Heart Failure"]);
    assert!(run.printed().contains(" drug candidates for heart failure "));
    let run = workplace.run_list(&["demo", "--disease", "migrains syndrome"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.starts_with("error: no disease is called 'migrains syndrome'"), "{}", run.stderr);
}
