//! The workbench as a person meets it: in a browser, with the keyboard alone.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;

use crate::serve::{PAGES, with_blend};
use crate::workbench::Workbench;
use crate::workplace::skip;

/// The Enter key, as the protocol writes it.
const ENTER: &str = "\u{e007}";

/// A browser without a window, driven through its driver (<https://www.w3.org/TR/webdriver2/>). Both end with the test.
struct Browser {
    driver: Child,
    agent: Agent,
    /// Address of the session.
    session: String,
}

impl Browser {
    /// A browser of that width, in the light or the dark; `None`, aloud, where there is none on this machine.
    fn open(width: u32, dark: bool) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut driver = Command::new("chromedriver");
        driver.arg(format!("--port={port}")).stdout(Stdio::null()).stderr(Stdio::null());
        let Ok(driver) = driver.spawn() else {
            skip("chromedriver is not here (Debian has it as chromium-driver)");
            return None;
        };
        let agent = Agent::config_builder().http_status_as_error(false).build().new_agent();
        let mut browser = Self { driver, agent, session: format!("http://127.0.0.1:{port}/session") };
        let scheme = format!("--blink-settings=preferredColorScheme={}", u8::from(!dark));
        let size = format!("--window-size={width},900");
        let arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", &size, &scheme];
        let capabilities = json!({ "alwaysMatch": {
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        } });
        for _ in 0..600 {
            if let Ok(answer) = browser.send("", &json!({ "capabilities": capabilities })) {
                let id = answer["sessionId"].as_str().unwrap_or_else(|| panic!("no browser: {answer}"));
                browser.session = format!("{}/{id}", browser.session);
                // Headless windows have a least width; what is shown may be narrower.
                let metrics =
                    json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
                let command = json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": metrics });
                browser.command("goog/cdp/execute", &command);
                return Some(browser);
            }
            sleep(Duration::from_millis(100));
        }
        panic!("the driver does not answer");
    }

    /// Sends a command; what the driver answers.
    fn send(&self, command: &str, body: &Value) -> Result<Value, ureq::Error> {
        let slash = if command.is_empty() { "" } else { "/" };
        let request =
            self.agent.post(format!("{}{slash}{command}", self.session)).content_type("application/json");
        let text = request.send(body.to_string())?.body_mut().read_to_string()?;
        let answer: Value = serde_json::from_str(&text).unwrap();
        Ok(answer["value"].clone())
    }

    /// Sends a command that has to go well.
    fn command(&self, command: &str, body: &Value) -> Value {
        let answer = self.send(command, body).unwrap();
        assert!(answer.get("error").is_none(), "{command} {body}: {answer}");
        answer
    }

    fn open_page(&self, address: &str) {
        self.command("url", &json!({ "url": address }));
    }

    fn run(&self, script: &str) -> Value {
        self.command("execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// What is written in the element that a selector finds.
    fn text(&self, css: &str) -> String {
        let text = self.run(&format!("return document.querySelector({}).innerText", json!(css)));
        text.as_str().unwrap().to_owned()
    }

    /// Presses and releases keys, one after another, on whatever has the focus.
    fn keys(&self, keys: &str) {
        let strokes = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key })));
        let strokes: Vec<Value> = strokes.collect();
        self.command(
            "actions",
            &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": strokes }] }),
        );
    }

    /// Waits until a script, which gives true or false, gives true.
    fn until(&self, script: &str) {
        for _ in 0..1200 {
            // A page that is being left does not answer.
            let answer = self.send("execute/sync", &json!({ "script": script, "args": [] })).unwrap();
            if answer == true {
                return;
            }
            sleep(Duration::from_millis(50));
        }
        panic!("it never came true: {script}\n{}", self.run("return document.documentElement.outerHTML"));
    }

    fn log(&self, kind: &str) -> Vec<Value> {
        self.command("se/log", &json!({ "type": kind })).as_array().unwrap().clone()
    }

    /// What pages wrote to the console since it was asked last.
    fn complaints(&self) -> Vec<String> {
        self.log("browser").iter().map(ToString::to_string).collect()
    }

    /// The hosts that something was asked of.
    fn hosts(&self) -> BTreeSet<String> {
        let of = |event: &Value| -> Option<String> {
            let message: Value = serde_json::from_str(event["message"].as_str()?).ok()?;
            let url = message["message"]["params"]["request"]["url"].as_str()?;
            url.starts_with("http").then(|| url.split('/').nth(2).unwrap_or_default().to_owned())
        };
        self.log("performance").iter().filter_map(of).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ends the browser with the session.
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

#[test]
fn from_a_disease_to_a_note_by_the_keyboard_alone() {
    let Some(browser) = Browser::open(1280, false) else { return };
    let workplace = with_blend();
    let mut bench = Workbench::open(&workplace, &[]);
    let host = bench.address.trim_start_matches("http://").to_owned();
    browser.open_page(&bench.address);

    // Search as you type, with a slip, and open what is found.
    browser.until("return document.querySelector('main h1') !== null");
    browser.keys("/");
    browser.until("return document.activeElement.id === 'search'");
    browser.keys("disaese 9");
    browser.until("return document.querySelector('.hits [aria-selected=true]')?.textContent.includes('disease 9') ?? false");
    browser.keys(ENTER);
    browser.until("return location.pathname === '/m/m/candidates/disease/X9'");
    assert_eq!(browser.text("h1"), "disease 9");
    let all = browser.run("return document.querySelectorAll('tbody tr').length");
    assert_eq!(all, 30);

    // Filter: the box is reached by the tabulator and switched by the space bar.
    browser.run("document.querySelector('input[name=novel]').focus()");
    browser.keys(" ");
    browser.until("return location.search.includes('novel=true') && document.readyState === 'complete'");
    let novel = browser.run("return document.querySelectorAll('tbody tr').length");
    assert!(novel.as_u64() < all.as_u64() && novel.as_u64() > Some(0), "{novel} of {all}");

    // Pin the first, and open one with paths to the disease.
    browser.run("document.querySelector('button.pin').focus()");
    browser.keys(ENTER);
    browser.until("return document.querySelector('a.pinned') !== null");
    browser.run("document.querySelector('tbody th a[href$=\"/pair/D17/X9\"]').focus()");
    browser.keys(ENTER);
    browser.until("return location.pathname.startsWith('/m/m/pair/') && document.readyState === 'complete'");
    assert!(
        browser.run("return document.querySelector('svg.evidence') !== null") == true,
        "a picture of the evidence"
    );

    // What if: another rank or score as soon as an edge is switched off, and the same as before when it is on again.
    let before = browser.text("#outcome");
    browser.run("document.querySelector('.switches tbody input').focus()");
    browser.keys(" ");
    browser.until("return document.querySelector('#outcome').textContent.includes('1 edge changed')");
    browser.keys(" ");
    browser.until("return document.querySelector('#outcome').textContent.startsWith('As the graph is')");
    assert_eq!(browser.text("#outcome"), before);

    // A verdict and a note, which outlive the server.
    browser.run("document.querySelector('.judge input[value=promising]').focus()");
    browser.keys(" ");
    browser.run("document.querySelector('#note').focus()");
    browser.keys("ask the clinic <b>first</b>");
    browser.run("document.querySelector('.judge button').focus()");
    browser.keys(ENTER);
    browser.until("return document.querySelector('.judge button').textContent === 'Save' && document.querySelector('#note').value.includes('clinic')");
    assert_eq!(browser.complaints(), Vec::<String>::new());
    assert_eq!(browser.hosts(), BTreeSet::from([host]));
    bench.kill();
    let bench = Workbench::open(&workplace, &[]);
    browser.open_page(&format!("{}/shortlist", bench.address));
    let kept = browser.text("table.kept");
    assert!(kept.contains("ask the clinic <b>first</b>") && kept.contains("promising"), "{kept}");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// What a page lacks for people who see little, or use no mouse: names of fields and buttons, landmarks, contrast (WCAG 2.2, AA), a
/// page that is not wider than its screen.
const CHECK: &str = r#"
const faults = [];
const once = (what, count) => { if (count !== 1) faults.push(`${count} ${what}`); };
once("h1", document.querySelectorAll("h1").length);
once("main", document.querySelectorAll("main").length);
if (!document.querySelector("header nav[aria-label]")) faults.push("no named navigation");
if (!document.documentElement.lang) faults.push("no language");
const shown = (element) => element.checkVisibility({ visibilityProperty: true });
const named = (element) => element.getAttribute("aria-label") || element.labels?.length || element.textContent.trim() || element.title;
for (const element of document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a[href], summary")) {
  if (shown(element) && !named(element)) faults.push(`no name: ${element.outerHTML.slice(0, 120)}`);
}
for (const svg of document.querySelectorAll("main svg")) {
  const hidden = svg.closest("[aria-hidden=true]");
  if (!hidden && !svg.getAttribute("aria-label") && !svg.getAttribute("aria-labelledby") && !svg.querySelector("title")) {
    faults.push(`no name: ${svg.outerHTML.slice(0, 120)}`);
  }
}
const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
for (const id of new Set(ids)) if (ids.filter((of) => of === id).length > 1) faults.push(`the id ${id} twice`);
const parse = (color) => { const n = color.match(/[\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
const light = ([r, g, b]) => {
  const [x, y, z] = [r, g, b].map((c) => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
};
const behind = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const color = parse(getComputedStyle(at).backgroundColor);
    if (color[3] === 1) return color;
  }
  return [255, 255, 255, 1];
};
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const element = texts.currentNode.parentElement;
  if (!texts.currentNode.data.trim() || !shown(element) || element.closest("svg, option, .hidden, .skip")) continue;
  const style = getComputedStyle(element);
  const [a, b] = [light(parse(style.color)), light(behind(element))];
  const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
  if (contrast < (large ? 3 : 4.5)) faults.push(`contrast ${contrast.toFixed(2)}: ${texts.currentNode.data.trim().slice(0, 40)}`);
}
const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
if (wide > 1) faults.push(`${wide} pixels wider than the screen`);
return faults;
"#;

#[test]
fn pages_can_be_read_by_everybody_on_every_screen() {
    let workplace = with_blend();
    let bench = Workbench::open(&workplace, &[]);
    let pin = json!({ "model": "m", "pair": { "drug": "D4", "disease": "X9" }, "verdict": "harmful", "note": "a note" });
    bench.post("/api/v1/shortlist", &pin).json();
    for (width, dark) in [(1280, false), (1280, true), (400, false), (400, true)] {
        let Some(browser) = Browser::open(width, dark) else { return };
        for path in PAGES {
            browser.open_page(&format!("{}{path}", bench.address));
            let faults = browser.run(CHECK);
            assert_eq!(faults, json!([]), "{path} at {width}, dark {dark}");
            assert_eq!(browser.complaints(), Vec::<String>::new(), "{path}");
        }
        let is_dark = browser.run("return matchMedia('(prefers-color-scheme: dark)').matches");
        assert_eq!(is_dark, dark);
    }
}
