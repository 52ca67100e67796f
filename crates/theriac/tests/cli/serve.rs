//! The workbench: its pages, its API, and whom it lets in.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use crate::new_node::workplace as with_causes;
use crate::workbench::Workbench;
use crate::workplace::Workplace;

/// The small graph and a small blend of it, which can be asked about other edges.
pub fn with_blend() -> Workplace {
    let workplace = Workplace::with_graph();
    workplace.write(
        "blend.toml",
        "model = 'blend'\nparts = ['l3', 'rephetio', 'ease-source']\nfolds = 3\nmembers = 2\n",
    );
    workplace.run("train g --config blend.toml --seed 5 -o m").printed();
    workplace
}

pub const PAGES: [&str; 15] = [
    "/m/m",
    "/m/m/search?q=diseas",
    "/m/m/candidates/disease/X9",
    "/m/m/candidates/disease/X9?novel=true&support=2&through=gene:G4&order=support&top=5",
    "/m/m/candidates/drug/D4?order=name&skip=5",
    "/m/m/pair/D4/X9",
    "/m/m/compare?type=drug&id=D4&id=D7",
    "/m/m/node/gene/G4",
    "/m/m/graph",
    "/m/m/map",
    "/m/m/map?colour=cluster",
    "/m/m/evaluation",
    "/m/m/new",
    "/shortlist",
    "/api",
];

#[test]
fn pages_answer_and_load_nothing_from_elsewhere() {
    let workplace = with_blend();
    let bench = Workbench::open(&workplace, &[]);
    for path in PAGES {
        let answer = bench.page(path);
        let page = answer.text();
        assert_eq!(answer.status, 200, "{path}: {page}");
        assert!(answer.header("content-type").unwrap().starts_with("text/html"), "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        for kept_out in ["http://", "https://", " style=", "<style", " onclick", "javascript:"] {
            let rest = page.replace("http://www.w3.org/2000/svg", "");
            assert!(!rest.contains(kept_out), "{path} has {kept_out}");
        }
        assert_eq!(
            page.matches("<script").count(),
            page.matches("<script src=\"/assets/script.js\"").count()
        );
        assert!(
            page.contains("<html lang=\"en\">") && page.contains("<main") && page.contains("<title>"),
            "{path}"
        );
    }
    let first = bench.page("/");
    assert_eq!((first.status, first.header("location")), (307, Some("/m/m")));
    for path in ["/assets/style.css", "/assets/script.js", "/assets/icon.svg"] {
        assert_eq!(bench.get(path).status, 200, "{path}");
    }
}

#[test]
fn the_api_says_what_the_commands_say() {
    let workplace = with_blend();
    let bench = Workbench::open(&workplace, &[]);
    let found = bench.get("/api/v1/models/m/candidates?disease=disease%209&top=1000").json();
    let printed = workplace.run_list(&["rank", "m", "--disease", "disease 9", "--top", "0", "--json"]).json();
    let rows = |document: &Value| -> Vec<(Value, Value, Value)> {
        let rows = document["results"].as_array().unwrap().iter();
        rows.map(|row| (row["id"].clone(), row["rank"].clone(), row["score"].clone())).collect()
    };
    assert_eq!(rows(&found), rows(&printed));
    assert_eq!(
        (&found["ranked"], &found["fitting"], &found["query"]["id"]),
        (&json!(30), &json!(30), &json!("X9"))
    );

    let explained = bench.get("/api/v1/models/m/explanation?drug=D4&disease=X9").json();
    let printed = workplace.run_list(&["explain", "m", "--drug", "D4", "--disease", "X9", "--json"]).json();
    assert_eq!(explained, printed);

    let first = &explained["edges"][0];
    let text = format!(
        "{} -[{}]- {}",
        first["source"]["id"].as_str().unwrap(),
        first["relation"].as_str().unwrap(),
        first["target"]["id"].as_str().unwrap()
    );
    let change = json!({ "pair": { "drug": "D4", "disease": "X9" }, "without": [text] });
    let changed = bench.post("/api/v1/models/m/what-if", &change).json();
    let delta = changed["after"]["score"].as_f64().unwrap() - changed["before"]["score"].as_f64().unwrap();
    assert!((delta - first["delta"].as_f64().unwrap()).abs() < 1e-4, "{changed} {first}");

    let many =
        json!({ "queries": [{ "disease": "X9" }, { "drug": "D4" }], "wanted": { "novel": true, "top": 3 } });
    let many = bench.post("/api/v1/models/m/candidates", &many).json();
    assert_eq!(many[0]["results"].as_array().unwrap().len(), 3);
    assert_eq!(many[1]["candidate_type"], "disease");
    assert!(many[0]["results"].as_array().unwrap().iter().all(|row| row["known"] == false));
    let pairs = json!({ "pairs": [{ "drug": "D4", "disease": "X9" }], "reach": { "edges": 2 } });
    assert_eq!(
        bench.post("/api/v1/models/m/explanations", &pairs).json()[0]["edges"].as_array().unwrap().len(),
        2
    );

    let screened = bench.get("/api/v1/models/m/screen?top=4");
    let lines: Vec<Value> = screened.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 20 * 4);
    let written = workplace.path("all.jsonl");
    workplace.run_list(&["screen", "m", "-o", written.to_str().unwrap(), "--top", "4"]).printed();
    assert_eq!(screened.text().into_bytes(), workplace.read("all.jsonl"));

    let new = json!({ "kind": "disease", "name": "mine", "edges": "relation\tneighbor\ntreats\tD1\n" });
    assert_eq!(
        bench.post("/api/v1/models/m/new-node", &new).problem()["status"],
        400,
        "the target is not taken"
    );
}

#[test]
fn a_candidate_for_a_new_node_is_explained() {
    let workplace = with_causes();
    let bench = Workbench::open(&workplace, &[]);
    let why = "/api/v1/models/m/new-node/explanation";
    let edges = String::from_utf8(workplace.read("mine.tsv")).unwrap();
    let asked = json!({ "kind": "disease", "name": "mine", "edges": edges, "candidate": "drug 2" });
    let printed = workplace.run("explain m --new-disease mine.tsv --drug D2 --json").json();
    assert_eq!(bench.post(why, &asked).json(), printed);
    let form = "end=target&name=mine&edges=causes%09G2%0D%0Acauses%09G7&candidate=D2";
    let page = bench.send("POST", "/m/m/new", &[("content-type", "application/x-www-form-urlencoded")], form);
    let page = page.text();
    for part in ["Why drug 2</h2>", "form=\"new-node\"", "aria-label=\"Why drug 2\"", "<svg"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let with = |key: &str, value: Value| {
        let mut other = asked.clone();
        other[key] = value;
        bench.post(why, &other).problem()["status"].clone()
    };
    assert_eq!(with("candidate", json!("nobody at all")), 404);
    assert_eq!(with("reach", json!({ "steps": 9 })), 400);
    assert_eq!(with("edges", json!("causes\tno such gene at all")), 400);
}

#[test]
fn filters_leave_out_and_orders_put_in_order() {
    let workplace = with_blend();
    let bench = Workbench::open(&workplace, &[]);
    let list = |more: &str| {
        let document = bench.get(&format!("/api/v1/models/m/candidates?disease=X9&top=100{more}")).json();
        document["results"].as_array().unwrap().clone()
    };
    assert!(list("&novel=true").iter().all(|row| row["known"] == false));
    assert!(list("&support=5").iter().all(|row| row["support"].as_u64().unwrap() >= 5));
    let through = list("&through=gene%204");
    let ids: Vec<&str> = through.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert!(!ids.is_empty() && ids.iter().all(|id| ["D4", "D16", "D28"].contains(id)), "{ids:?}");
    let by_name: Vec<Value> = list("&order=name").iter().map(|row| row["name"].clone()).collect();
    assert!(by_name.windows(2).all(|two| two[0].as_str() <= two[1].as_str()));
    let by_support: Vec<u64> =
        list("&order=support").iter().map(|row| row["support"].as_u64().unwrap()).collect();
    assert!(by_support.is_sorted_by(|one, other| one >= other));
    let second = bench.get("/api/v1/models/m/candidates?disease=X9&top=5&skip=5").json();
    assert_eq!(second["results"].as_array().unwrap()[0], list("")[5]);
}

#[test]
fn what_was_sent_before_is_not_sent_again() {
    let workplace = with_blend();
    let bench = Workbench::open(&workplace, &[]);
    let path = "/m/m/candidates/disease/X9";
    let first = bench.send("GET", path, &[("accept-encoding", "identity")], "");
    let tag = first.header("etag").unwrap().to_owned();
    let again = bench.send("GET", path, &[("if-none-match", &tag)], "");
    assert_eq!((again.status, again.body.len()), (304, 0));
    let other = bench.send("GET", path, &[("if-none-match", "\"other\"")], "");
    assert_eq!(other.status, 200);
    let counted = bench.get("/metrics").text();
    assert!(
        counted.contains("theriac_requests_total{route=\"/m/{model}/candidates/{type}/{id}\""),
        "{counted}"
    );
    assert!(counted.contains("theriac_replies_hits 2"), "{counted}");
}

#[test]
fn problems_are_told_to_programs_and_to_people() {
    let workplace = with_blend();
    let bench = Workbench::open(&workplace, &[]);
    for (path, status, said) in [
        ("/api/v1/nowhere", 404, "no such page"),
        ("/api/v1/models/other/candidates?disease=X9", 404, "no model is called 'other'; expected one of m"),
        ("/api/v1/models/m/candidates", 400, "expected one of disease, drug"),
        ("/api/v1/models/m/candidates?disease=X9&drug=D4", 400, "several are named"),
        ("/api/v1/models/m/candidates?disease=diseese%20of", 404, "no disease is called 'diseese of'"),
        ("/api/v1/models/m/candidates?disease=X9&top=many", 400, "top"),
        ("/api/v1/models/m/candidates?disease=X9&order=best", 400, "order"),
        ("/api/v1/models/m/explanation?drug=D4", 400, "expected both ends"),
        ("/api/v1/models/m/explanation?drug=D4&disease=X9&steps=9", 400, "expected 1 to 4"),
        ("/api/v1/models/m/search?q=a&type=planet", 404, "expected one of"),
        ("/api/v1/models/m/nodes/drug/D99", 404, "no drug has the id 'D99'"),
        ("/api/v1/shortlist?verdict=maybe", 400, "'maybe' is not a verdict"),
        (
            "/api/v1/shortlist/entry?relation=drug:treats:disease&source=D1&target=X1",
            404,
            "not on the shortlist",
        ),
    ] {
        let answer = bench.get(path);
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        let detail = answer.problem()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(said), "{path}: {detail}");
    }
    let page = bench.page("/m/m/candidates/disease/%3Cb%3E");
    assert_eq!(page.status, 404);
    assert!(
        page.text().contains("no disease has the id &#39;&lt;b&gt;&#39;")
            || page.text().contains("&lt;b&gt;"),
        "{}",
        page.text()
    );
    assert!(!page.text().contains("<b>&"), "escaped");
    let wrong = bench.send("POST", "/api/v1/models/m/what-if", &[("content-type", "application/json")], "{");
    assert_eq!(wrong.status, 400);
    wrong.problem();
    let wrong = bench.send("PUT", "/api/v1/models", &[], "");
    assert_eq!(wrong.status, 405);
    let long = bench.get(&format!("/api/v1/models/m/search?q={}", "a".repeat(9000)));
    assert_eq!(long.status, 414);
    // Not more than it takes to be too much: whoever still sends when the answer is there finds the connection closed.
    let large = "x".repeat((4 << 20) + 1);
    let large = bench.send("POST", "/api/v1/shortlist/import", &[("content-type", "text/plain")], &large);
    assert_eq!(large.status, 413);
}

#[test]
fn whoever_holds_a_place_is_not_waited_for_and_others_are_told_to_come_back() {
    let workplace = with_blend();
    let bench = Workbench::open(&workplace, &["--requests", "1", "--time-limit", "4"]);
    let host = bench.address.strip_prefix("http://").unwrap().to_owned();
    // A body that begins, and does not end.
    let head =
        "POST /api/v1/models/m/what-if HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 100";
    let (mut slow, turned_away) = loop {
        let mut slow = TcpStream::connect(&host).unwrap();
        write!(slow, "{head}\r\nhost: {host}\r\nconnection: close\r\n\r\n{{").unwrap();
        sleep(Duration::from_millis(20));
        // Where this request came first, it is the slow one that was turned away.
        let answer = bench.get("/api/v1/models");
        if answer.status != 200 {
            break (slow, answer);
        }
    };
    assert_eq!(turned_away.status, 503);
    assert!(turned_away.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
    let detail = "too many requests at a time; expected 1 at most";
    assert_eq!(turned_away.problem()["detail"], detail);
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 408 ") && answer.contains("the body did not arrive within 4 s"),
        "{answer}"
    );
    assert_eq!(bench.get("/api/v1/models").status, 200);
}

#[test]
fn connections_are_encrypted_with_a_certificate() {
    let workplace = with_blend();
    let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| workplace.path(name));
    // Made for this test: nothing else trusts the authority that signed it.
    workplace.write("certificate.pem", include_str!("tls/certificate.pem"));
    workplace.write("key.pem", include_str!("tls/key.pem"));
    let (certificate, key) = (certificate.to_str().unwrap(), key.to_str().unwrap());
    let bench = Workbench::open(&workplace, &["--tls-cert", certificate, "--tls-key", key]);
    let plain = bench.address.replace("https://", "http://");
    assert!(bench.address.starts_with("https://127.0.0.1:"), "{}", bench.address);
    let bench = bench.trusting(include_bytes!("tls/authority.pem"));
    let answer = bench.page("/m/m");
    assert_eq!(answer.status, 200);
    assert!(answer.header("strict-transport-security").is_none_or(|value| value.starts_with("max-age=")));
    let refused = ureq::get(format!("{plain}/api/v1/models")).call();
    assert!(refused.is_err(), "{refused:?}");

    workplace.write("key.pem", "no key");
    let refused = workplace.run_list(&[
        "serve",
        "m",
        "--addr",
        "127.0.0.1:0",
        "--shortlist",
        "s.db",
        "--tls-cert",
        certificate,
        "--tls-key",
        key,
    ]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("key.pem"), "{}", refused.stderr);
}

#[test]
fn other_names_and_other_sites_are_refused() {
    let workplace = with_blend();
    let bench = Workbench::open(&workplace, &["--host", "bench.example"]);
    for (host, status) in [("evil.example", 421), ("bench.example:80", 200), ("localhost:1", 200)] {
        assert_eq!(bench.send("GET", "/api/v1/models", &[("host", host)], "").status, status, "{host}");
    }
    let pin = json!({ "model": "m", "pair": { "drug": "D4", "disease": "X9" } }).to_string();
    let json = ("content-type", "application/json");
    for forged in [("origin", "http://evil.example"), ("sec-fetch-site", "cross-site")] {
        let answer = bench.send("POST", "/api/v1/shortlist", &[json, forged], &pin);
        assert_eq!(answer.status, 403, "{forged:?}");
        answer.problem();
    }
    assert_eq!(bench.get("/api/v1/shortlist").json()["entries"], json!([]));
    let own = bench.address.clone();
    assert_eq!(bench.send("POST", "/api/v1/shortlist", &[json, ("origin", &own)], &pin).status, 201);
}

#[test]
fn a_token_lets_in_and_beyond_this_machine_it_is_demanded() {
    let workplace = with_blend();
    workplace.write("token", "a token of some length\n");
    let bench = Workbench::open(&workplace, &["--token-file", "token"]);
    assert_eq!(bench.get("/api/v1/health").json()["status"], "ok");
    assert_eq!(bench.get("/api/v1/models").problem()["status"], 401);
    let sent = bench.page("/m/m");
    assert_eq!((sent.status, sent.header("location")), (303, Some("/login")));
    let bearer = ("authorization", "Bearer a token of some length");
    assert_eq!(bench.send("GET", "/api/v1/models", &[bearer], "").status, 200);
    let form = ("content-type", "application/x-www-form-urlencoded");
    let wrong = bench.send("POST", "/login", &[form], "token=guess");
    assert_eq!((wrong.status, wrong.header("set-cookie")), (401, None));
    let right = bench.send("POST", "/login", &[form], "token=a+token+of+some+length");
    assert_eq!(right.status, 303);
    let cookie = right.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let session = cookie.split(';').next().unwrap();
    assert_eq!(bench.send("GET", "/m/m", &[("cookie", session)], "").status, 200);

    for arguments in [
        "serve m --addr 0.0.0.0:0 --shortlist s.db",
        "serve m --addr 0.0.0.0:0 --shortlist s.db --token-file short",
    ] {
        workplace.write("short", "guess");
        let refused = workplace.run(arguments);
        assert_eq!(refused.code, 2, "{}", refused.stderr);
        assert!(refused.stderr.contains("expected a token of 16 letters or more"), "{}", refused.stderr);
    }
}

#[test]
fn notes_outlive_a_kill_and_conflicts_lose_nothing() {
    let workplace = with_blend();
    let mut bench = Workbench::open(&workplace, &[]);
    let form = ("content-type", "application/x-www-form-urlencoded");
    let judged = "model=m&source=D4&target=X9&verdict=promising&note=look+at+it+%3Cb%3Eagain";
    let answer = bench.send("POST", "/shortlist/judge", &[form], judged);
    assert_eq!((answer.status, answer.header("location")), (303, Some("/m/m/pair/D4/X9")));
    bench.kill();

    let bench = Workbench::open(&workplace, &[]);
    let kept = bench.get("/api/v1/shortlist").json();
    assert_eq!(
        (&kept["entries"][0]["verdict"], &kept["entries"][0]["note"]),
        (&json!("promising"), &json!("look at it <b>again"))
    );
    assert!(bench.page("/shortlist").text().contains("look at it &lt;b&gt;again"));
    assert!(bench.page("/m/m/candidates/disease/X9").text().contains(">promising<"));

    // A second window that has not seen the change, and one that has not seen the entry at all.
    let revision = kept["entries"][0]["revision"].as_u64().unwrap();
    let entry = "/api/v1/shortlist/entry?relation=drug:treats:disease&source=D4&target=X9";
    let patch = |revision: u64, body: &Value| {
        let path = format!("{entry}&revision={revision}");
        bench.send("PATCH", &path, &[("content-type", "application/json")], &body.to_string())
    };
    assert_eq!(patch(revision, &json!({ "note": "second thoughts" })).status, 200);
    assert_eq!(patch(revision, &json!({ "verdict": "harmful" })).problem()["status"], 409);
    let late = bench.send(
        "POST",
        "/shortlist/judge",
        &[form],
        "model=m&source=D4&target=X9&verdict=harmful&note=typed+late",
    );
    assert_eq!(late.status, 409);
    assert!(late.text().contains("typed late"), "what was typed is shown again");
    let now = bench.get(entry).json();
    assert_eq!(
        (&now["entry"]["note"], &now["entry"]["verdict"]),
        (&json!("second thoughts"), &json!("promising"))
    );
    assert!(now["history"].to_string().contains("look at it <b>again"));

    let exported = bench.get("/api/v1/shortlist/export?form=tsv").text();
    let gone = bench.send("DELETE", entry, &[], "");
    assert_eq!(gone.status, 204, "{}", gone.text());
    let imported =
        bench.send("POST", "/api/v1/shortlist/import", &[("content-type", "text/plain")], &exported);
    assert_eq!(imported.json()["added"], 1);
    assert_eq!(bench.get(entry).json()["entry"]["note"], "second thoughts");
    workplace.write("set.tsv", bench.get("/api/v1/shortlist/export?form=evaluation").body);
    let set = String::from_utf8(workplace.read("set.tsv")).unwrap();
    assert!(set.contains("D4") && set.contains("X9"), "{set}");
}

#[test]
fn a_model_that_is_trained_anew_is_served_anew() {
    let workplace = with_blend();
    let bench = Workbench::open(&workplace, &[]);
    let created = |bench: &Workbench| bench.get("/api/v1/models/m").json()["seed"].clone();
    assert_eq!(created(&bench), 5);
    workplace.run("train g --config blend.toml --seed 6 -o m").printed();
    for _ in 0..600 {
        if created(&bench) == 6 {
            return;
        }
        sleep(Duration::from_millis(100));
    }
    panic!("the model is still the one of seed 5");
}

#[test]
#[cfg(unix)]
fn whoever_asks_it_to_end_is_obeyed() {
    let workplace = with_blend();
    let mut bench = Workbench::open(&workplace, &[]);
    assert_eq!(bench.get("/api/v1/health").status, 200);
    let status =
        std::process::Command::new("kill").args(["-TERM", &bench.id().to_string()]).status().unwrap();
    assert!(status.success());
    assert_eq!(bench.ended(), Some(0));
}

#[test]
fn what_cannot_be_served_is_said() {
    let workplace = with_blend();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    workplace.write("text.db", "not a shortlist, but a text that is long enough to be taken for a file");
    for (arguments, code, said) in [
        (format!("serve m --addr {address} --shortlist s.db"), 1, "cannot be listened on"),
        ("serve nothing --addr 127.0.0.1:0 --shortlist s.db".into(), 2, "nothing"),
        ("serve m m --addr 127.0.0.1:0 --shortlist s.db".into(), 2, "two models are called 'm'"),
        ("serve m --addr 127.0.0.1:0 --shortlist text.db".into(), 2, "expected a shortlist"),
        ("serve m --addr 127.0.0.1:0 --shortlist s.db --token-file missing".into(), 2, "missing"),
        (
            "serve m --addr 127.0.0.1:0 --shortlist s.db --tls-cert m/card.json --tls-key m/card.json".into(),
            2,
            "certificate",
        ),
    ] {
        let run = workplace.run(&arguments);
        assert_eq!(run.code, code, "{arguments}: {}", run.stderr);
        assert!(run.stderr.contains(said), "{arguments}: {}", run.stderr);
    }
}
