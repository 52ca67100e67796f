//! The workbench as a person meets it: in a browser, with the keyboard alone.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::serve::with_blend;
use crate::workbench::Workbench;
use crate::workplace::skip;

/// A browser without a window, driven through its driver. Both end with the test.
struct Browser {
    driver: Child,
    client: Client,
}

/// A log of the browser: what pages wrote to the console, or what was loaded.
#[derive(Debug)]
struct Log(&'static str);

impl WebDriverCompatibleCommand for Log {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({ "type": self.0 }).to_string()))
    }
}

impl Browser {
    /// A browser of that width, in the light or the dark; `None`, aloud, where there is none on this machine.
    async fn open(width: u32, dark: bool) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(driver) = driver else {
            skip("chromedriver is not here (Debian has it as chromium-driver)");
            return None;
        };
        let mut arguments = vec!["--headless=new".into(), "--no-sandbox".into(), "--disable-gpu".into()];
        arguments.push(format!("--window-size={width},900"));
        if dark {
            arguments.push("--blink-settings=preferredColorScheme=0".into());
        }
        let capabilities = json!({
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        });
        let mut builder = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
        builder.capabilities(capabilities.as_object().unwrap().clone());
        let mut last = None;
        for _ in 0..100 {
            match builder.connect(&format!("http://127.0.0.1:{port}")).await {
                Ok(client) => return Some(Self { driver, client }),
                Err(error) => last = Some(error),
            }
            sleep(Duration::from_millis(100)).await;
        }
        panic!("the browser does not open: {last:?}");
    }

    async fn find(&self, css: &str) -> Element {
        let found = self.client.wait().at_most(Duration::from_secs(20)).for_element(Locator::Css(css)).await;
        found.unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.unwrap()
    }

    async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Types keys to whatever has the focus.
    async fn keys(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// Waits until a script, which gives true or false, gives true.
    async fn until(&self, script: &str) {
        for _ in 0..200 {
            if self.run(script).await == true {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
        let page = self.client.source().await.unwrap();
        panic!("it never came true: {script}\n{page}");
    }

    /// What pages wrote to the console since it was asked last.
    async fn complaints(&self) -> Vec<String> {
        let log = self.client.issue_cmd(Log("browser")).await.unwrap();
        log.as_array().unwrap().iter().map(ToString::to_string).collect()
    }

    /// The hosts that something was asked of.
    async fn hosts(&self) -> BTreeSet<String> {
        let log = self.client.issue_cmd(Log("performance")).await.unwrap();
        let events = log.as_array().unwrap().iter();
        let messages = events.map(|event| -> Value { serde_json::from_str(event["message"].as_str().unwrap()).unwrap() });
        let urls = messages.filter_map(|message| Some(message["message"]["params"]["request"]["url"].as_str()?.to_owned()));
        urls.filter(|url| url.starts_with("http"))
            .map(|url| url.split('/').nth(2).unwrap_or_default().to_owned())
            .collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn key(key: Key) -> String {
    char::from(key).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_disease_to_a_note_by_the_keyboard_alone() {
    let Some(browser) = Browser::open(1280, false).await else { return };
    let workplace = with_blend();
    let mut bench = Workbench::open(&workplace, &[]);
    let host = bench.address.trim_start_matches("http://").to_owned();
    browser.client.goto(&bench.address).await.unwrap();

    // Search as you type, with a slip, and open what is found.
    browser.find("main h1").await;
    browser.keys("/").await;
    browser.until("return document.activeElement.id === 'search'").await;
    browser.keys("disaese 9").await;
    browser.until("return document.querySelector('.hits [aria-selected=true]')?.textContent.includes('disease 9') ?? false").await;
    browser.keys(&key(Key::Enter)).await;
    browser.until("return location.pathname === '/m/m/candidates/disease/X9'").await;
    assert_eq!(browser.text("h1").await, "disease 9");
    let all = browser.run("return document.querySelectorAll('tbody tr').length").await;
    assert_eq!(all, 30);

    // Filter: the box is reached by the tabulator and switched by the space bar.
    browser.run("document.querySelector('input[name=novel]').focus()").await;
    browser.keys(" ").await;
    browser.until("return location.search.includes('novel=true') && document.readyState === 'complete'").await;
    let novel = browser.run("return document.querySelectorAll('tbody tr').length").await;
    assert!(novel.as_u64() < all.as_u64() && novel.as_u64() > Some(0), "{novel} of {all}");

    // Pin the first, and open it.
    browser.run("document.querySelector('button.pin').focus()").await;
    browser.keys(&key(Key::Enter)).await;
    browser.until("return document.querySelector('a.pinned') !== null").await;
    browser.run("document.querySelector('tbody th a').focus()").await;
    browser.keys(&key(Key::Enter)).await;
    browser.until("return location.pathname.startsWith('/m/m/pair/') && document.readyState === 'complete'").await;
    assert!(browser.run("return document.querySelector('svg.evidence') !== null").await == true, "a picture of the evidence");

    // What if: another rank or score as soon as an edge is switched off, and the same as before when it is on again.
    let before = browser.text("#outcome").await;
    browser.run("document.querySelector('.switches tbody input').focus()").await;
    browser.keys(" ").await;
    browser.until("return document.querySelector('#outcome').textContent.includes('1 edge changed')").await;
    browser.keys(" ").await;
    browser.until("return document.querySelector('#outcome').textContent.startsWith('As the graph is')").await;
    assert_eq!(browser.text("#outcome").await, before);

    // A verdict and a note, which outlive the server.
    browser.run("document.querySelector('.judge input[value=promising]').focus()").await;
    browser.keys(" ").await;
    browser.run("document.querySelector('#note').focus()").await;
    browser.keys("ask the clinic <b>first</b>").await;
    browser.run("document.querySelector('.judge button').focus()").await;
    browser.keys(&key(Key::Enter)).await;
    browser.until("return document.querySelector('.judge button').textContent === 'Save' && document.querySelector('#note').value.includes('clinic')").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    assert_eq!(browser.hosts().await, BTreeSet::from([host]));
    bench.kill();
    let bench = Workbench::open(&workplace, &[]);
    browser.client.goto(&format!("{}/shortlist", bench.address)).await.unwrap();
    let kept = browser.text("table.kept").await;
    assert!(kept.contains("ask the clinic <b>first</b>") && kept.contains("promising"), "{kept}");
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

/// What a page lacks for people who see little, or use no mouse: names of fields and buttons, landmarks, contrast (WCAG 2.2, AA), a
/// page that is not wider than its screen.
const CHECK: &str = r##"
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
"##;

#[tokio::test(flavor = "multi_thread")]
async fn pages_can_be_read_by_everybody_on_every_screen() {
    let workplace = with_blend();
    let bench = Workbench::open(&workplace, &[]);
    let pin = json!({ "model": "m", "pair": { "drug": "D4", "disease": "X9" }, "verdict": "harmful", "note": "a note" });
    bench.post("/api/v1/shortlist", &pin).json();
    for (width, dark) in [(1280, false), (1280, true), (400, false), (400, true)] {
        let Some(browser) = Browser::open(width, dark).await else { return };
        for path in crate::serve::PAGES {
            browser.client.goto(&format!("{}{path}", bench.address)).await.unwrap();
            let faults = browser.run(CHECK).await;
            assert_eq!(faults, json!([]), "{path} at {width}, dark {dark}");
            assert_eq!(browser.complaints().await, Vec::<String>::new(), "{path}");
        }
        let is_dark = browser.run("return matchMedia('(prefers-color-scheme: dark)').matches").await;
        assert_eq!(is_dark, dark);
    }
}
