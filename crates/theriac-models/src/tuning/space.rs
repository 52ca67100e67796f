//! A declared space of settings, and the trials that are drawn from it.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use rand::RngExt;
use serde::Deserialize;
use theriac_link::{Stream, stream};
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use super::halving::Halving;
use crate::config::{ModelConfig, line_of};
use crate::error::ModelError;

/// Most trials of a tuning.
const MOST_TRIALS: u32 = 9999;
/// One in as many trials goes on, where nothing else is asked for.
const REDUCTION: u32 = 3;
/// No setting stands deeper: `training.sampler.full.batch`.
const DEEPEST: usize = 4;
/// Draws of a trial before a space is said to hold no other.
const DRAWS: usize = 100_000;

/// A whole example of a space, with comments.
pub const EXAMPLE: &str = include_str!("example.toml");

/// A declared space: what all trials share, what each draws, and how they are thinned out.
#[derive(Clone, Debug)]
pub struct Space {
    path: PathBuf,
    text: String,
    base: Table,
    /// In the order of their names.
    axes: Vec<Axis>,
    halving: Halving,
    lines: Lines,
}

/// A setting and what it may be.
#[derive(Clone, Debug)]
struct Axis {
    name: String,
    values: Values,
}

#[derive(Clone, Debug)]
enum Values {
    Listed(Vec<Value>),
    Whole { from: i64, to: i64, scale: Scale },
    Real { from: f64, to: f64, scale: Scale },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Scale {
    #[default]
    Linear,
    Log,
}

/// What a trial drew, by the names of the settings.
pub type Settings = BTreeMap<String, serde_json::Value>;

/// Settings drawn from a space.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Its place among the trials, from 1.
    pub number: u32,
    /// What it drew.
    pub settings: Settings,
    config: ModelConfig,
}

impl Trial {
    /// Everything that decides the fit, with so many epochs where the model is trained in epochs.
    pub fn config(&self, epochs: Option<usize>) -> ModelConfig {
        let mut config = self.config.clone();
        if let (ModelConfig::Gnn(network), Some(epochs)) = (&mut config, epochs) {
            network.training.epochs = epochs;
        }
        config
    }
}

/// The file as it stands.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SpaceFile {
    base: Table,
    space: Table,
    halving: HalvingTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HalvingTable {
    trials: u32,
    reduction: Option<u32>,
    least: Option<usize>,
    most: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    from: Value,
    to: Value,
    #[serde(default)]
    scale: Scale,
}

impl Space {
    /// Reads a space.
    ///
    /// # Errors
    ///
    /// When the file cannot be read; those of [`Space::parse`].
    pub fn read(path: &Path) -> Result<Self, ModelError> {
        let text = fs::read_to_string(path).map_err(|source| ModelError::Io { path: path.into(), source })?;
        Self::parse(&text, path)
    }

    /// The space that this text declares; `path` is where it stands, for messages.
    ///
    /// # Errors
    ///
    /// [`ModelError::ConfigFile`], with the line, when the text is no TOML, or holds what no space does or a setting that the
    /// model cannot have.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ModelError> {
        let refused = |problem: String| ModelError::ConfigFile { path: path.into(), problem };
        let file: SpaceFile = toml::from_str(text).map_err(|error| {
            let line = error.span().filter(|span| span.len() < text.trim_end().len());
            let line = line.map(|span| format!("line {}: ", line_of(text, span.start)));
            refused(format!("{}{}", line.unwrap_or_default(), error.message().replace('\n', "; ")))
        })?;
        let lines = Lines::of(text);
        let at = |(place, problem): Problem| refused(lines.at(&place, &problem));
        let model = check_base(&file.base).map_err(at)?;
        let mut axes = Vec::new();
        collect_axes("", &file.space, &mut axes).map_err(at)?;
        axes.sort_by(|a, b| a.name.cmp(&b.name));
        if axes.is_empty() {
            return Err(at(("space".into(), "[space] is empty; expected one setting or more".into())));
        }
        for axis in &axes {
            axis.check(&file.base).map_err(|problem| at((format!("space.{}", axis.name), problem)))?;
        }
        if let Some(two) = axes.windows(2).find(|two| two[0].name == two[1].name) {
            let name = &two[0].name;
            return Err(at((format!("space.{name}"), format!("{name} is there twice"))));
        }
        let halving = file.halving.check(&model).map_err(at)?;
        Ok(Self { path: path.into(), text: text.into(), base: file.base, axes, halving, lines })
    }

    /// The file as it stands.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How the trials are thinned out.
    pub fn halving(&self) -> &Halving {
        &self.halving
    }

    /// Names of the settings that trials draw, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.axes.iter().map(|axis| axis.name.as_str())
    }

    /// All trials, no two with the same settings. They depend on the space and the seed and on nothing else.
    ///
    /// # Errors
    ///
    /// [`ModelError::ConfigFile`] when the space holds fewer, or settings were drawn that no model can have together.
    pub fn trials(&self, seed: u64) -> Result<Vec<Trial>, ModelError> {
        let refused = |place: &str, problem: String| ModelError::ConfigFile {
            path: self.path.clone(),
            problem: self.lines.at(place, &problem),
        };
        let mut seen = HashSet::new();
        let mut trials = Vec::with_capacity(self.halving.trials as usize);
        for number in 1..=self.halving.trials {
            let mut draws = stream(seed, "trial", &[u64::from(number)]);
            let fresh =
                (0..DRAWS).map(|_| self.draw(&mut draws)).find(|drawn| seen.insert(format!("{drawn:?}")));
            let Some(drawn) = fresh else {
                let found = number - 1;
                let problem = format!(
                    "trials is {}; expected {found} or fewer, as the space holds no more that differ",
                    self.halving.trials
                );
                return Err(refused("halving.trials", problem));
            };
            let config = self.config_of(&drawn).map_err(|(place, problem)| {
                let drew: Vec<String> =
                    drawn.iter().map(|(name, value)| format!("{name} = {value}")).collect();
                refused(&place, format!("trial {number}, with {}: {problem}", drew.join(", ")))
            })?;
            let settings = drawn
                .into_iter()
                .map(|(name, value)| (name.to_owned(), serde_json::to_value(value).unwrap_or_default()));
            trials.push(Trial { number, settings: settings.collect(), config });
        }
        Ok(trials)
    }

    /// The model with these settings, where they go together.
    fn config_of(&self, drawn: &[(&str, Value)]) -> Result<ModelConfig, Problem> {
        let config = configured(&self.base, drawn.iter().map(|(name, value)| (*name, value)))
            .map_err(|problem| ("space".to_owned(), problem))?;
        config.check().map_err(|error| {
            let at_fault = |name: &&str| match &error {
                ModelError::Config { setting, .. } => name.rsplit('.').next() == Some(*setting),
                _ => false,
            };
            let place = self.names().find(at_fault).map_or("space".into(), |name| format!("space.{name}"));
            (place, error.to_string())
        })?;
        Ok(config)
    }

    fn draw(&self, draws: &mut Stream) -> Vec<(&str, Value)> {
        self.axes.iter().map(|axis| (axis.name.as_str(), axis.values.draw(draws))).collect()
    }
}

/// Where something is wrong, as a dotted name in the file, and what.
type Problem = (String, String);

/// Checks what all trials share; gives the model as it says.
fn check_base(base: &Table) -> Result<ModelConfig, Problem> {
    configured(base, []).map_err(|problem| {
        // The error of a tagged choice has no place: which setting it is of shows when each stands alone.
        let mut settings =
            base.iter().filter(|(name, _)| *name != "model").flat_map(|(name, value)| match value {
                Value::Table(inner) => {
                    inner.iter().map(|(of, value)| (format!("{name}.{of}"), value)).collect()
                }
                value => vec![(name.clone(), value)],
            });
        let bare: Table =
            base.get("model").map(|model| ("model".to_owned(), model.clone())).into_iter().collect();
        let alone = |(name, value): &(String, &Value)| configured(&bare, [(name.as_str(), *value)]).is_err();
        let place = if configured(&bare, []).is_err() {
            "base.model".to_owned()
        } else {
            settings.find(alone).map_or_else(|| "base".to_owned(), |(name, _)| format!("base.{name}"))
        };
        (place, problem)
    })
}

/// The model with these settings in place of those of the base.
fn configured<'a>(
    base: &Table,
    settings: impl IntoIterator<Item = (&'a str, &'a Value)>,
) -> Result<ModelConfig, String> {
    let mut table = base.clone();
    for (name, value) in settings {
        set(&mut table, name, value)?;
    }
    table.try_into().map_err(|error: toml::de::Error| error.message().replace('\n', "; "))
}

fn set(table: &mut Table, name: &str, value: &Value) -> Result<(), String> {
    let Some((first, rest)) = name.split_once('.') else {
        table.insert(name.into(), value.clone());
        return Ok(());
    };
    match table.entry(first).or_insert_with(|| Value::Table(Table::new())) {
        Value::Table(inner) => set(inner, rest, value),
        found => Err(format!("{first} is {found}, and holds no {rest}")),
    }
}

/// Collects the settings of `[space]`, whose names may be dotted or those of tables within tables.
fn collect_axes(prefix: &str, table: &Table, axes: &mut Vec<Axis>) -> Result<(), Problem> {
    for (name, value) in table {
        let name = format!("{prefix}{name}");
        let refused = |problem: String| (format!("space.{name}"), problem);
        if name.split('.').count() > DEEPEST {
            return Err(refused(format!("the model has no setting '{name}'")));
        }
        let values = match value {
            Value::Array(listed) => Values::listed(listed.clone()),
            Value::Table(range) if range.contains_key("from") || range.contains_key("to") => {
                Values::range(range)
            }
            Value::Table(inner) if !inner.is_empty() => {
                collect_axes(&format!("{name}."), inner, axes)?;
                continue;
            }
            found => Err(format!("found {found}; expected a list of values, or {{ from = ..., to = ... }}")),
        };
        axes.push(Axis { values: values.map_err(refused)?, name });
    }
    Ok(())
}

impl Axis {
    /// Checks that the model can have the setting, each value that is listed, and either end of a range.
    fn check(&self, base: &Table) -> Result<(), String> {
        let Self { name, values } = self;
        let ends = match values {
            Values::Listed(listed) => listed.clone(),
            &Values::Whole { from, to, .. } => vec![from.into(), to.into()],
            &Values::Real { from, to, .. } => vec![from.into(), to.into()],
        };
        let sets_epochs =
            |value: &Value| name == "training.epochs" || name == "training" && value.get("epochs").is_some();
        if name == "model" {
            return Err("the model is the same for all trials; expected it in [base] alone".into());
        }
        if ends.iter().any(sets_epochs) {
            return Err(
                "the epochs of a trial are those of its rung; expected them in [halving] alone".into()
            );
        }
        ends.iter().try_for_each(|value| {
            configured(base, [(name.as_str(), value)])
                .map(drop)
                .map_err(|problem| format!("{name} = {value}: {problem}"))
        })
    }
}

impl Values {
    fn listed(values: Vec<Value>) -> Result<Self, String> {
        if values.is_empty() {
            return Err("found an empty list; expected one value or more".into());
        }
        if let Some(value) = values.iter().find(|value| !is_finite(value)) {
            return Err(format!("found {value}; expected finite numbers"));
        }
        let twice = values.iter().enumerate().find(|(place, value)| values[..*place].contains(value));
        match twice {
            Some((_, value)) => Err(format!("{value} is there twice")),
            None => Ok(Self::Listed(values)),
        }
    }

    fn range(range: &Table) -> Result<Self, String> {
        let Range { from, to, scale } =
            range.clone().try_into().map_err(|error: toml::de::Error| error.message().replace('\n', "; "))?;
        let found = format!("{from} to {to}");
        let number = |value: &Value| value.as_float().or(value.as_integer().map(|whole| whole as f64));
        let (Some(low), Some(high)) = (number(&from), number(&to)) else {
            return Err(format!("found {found}; expected numbers"));
        };
        if !(low < high && (high - low).is_finite()) {
            return Err(format!("found {found}; expected finite numbers, the lower first"));
        }
        if scale == Scale::Log && low <= 0.0 {
            return Err(format!("found {found}; expected numbers above 0 for a logarithmic scale"));
        }
        Ok(match (from.as_integer(), to.as_integer()) {
            (Some(from), Some(to)) => Self::Whole { from, to, scale },
            _ => Self::Real { from: low, to: high, scale },
        })
    }

    fn draw(&self, draws: &mut Stream) -> Value {
        match self {
            Self::Listed(values) => values[draws.random_range(0..values.len())].clone(),
            &Self::Whole { from, to, scale: Scale::Linear } => draws.random_range(from..=to).into(),
            &Self::Whole { from, to, scale: Scale::Log } => {
                let (low, high) = ((from as f64 - 0.5).ln(), (to as f64 + 0.5).ln());
                let drawn = (low + draws.random::<f64>() * (high - low)).exp().round();
                (drawn as i64).clamp(from, to).into()
            }
            &Self::Real { from, to, scale } => {
                let (low, high) = if scale == Scale::Log { (from.ln(), to.ln()) } else { (from, to) };
                let drawn = low + draws.random::<f64>() * (high - low);
                let drawn = if scale == Scale::Log { drawn.exp() } else { drawn };
                // Four digits say all that such a draw does, and can be read.
                let rounded = format!("{drawn:.3e}").parse().unwrap_or(drawn);
                rounded.clamp(from, to).into()
            }
        }
    }
}

fn is_finite(value: &Value) -> bool {
    match value {
        Value::Float(number) => number.is_finite(),
        Value::Array(values) => values.iter().all(is_finite),
        Value::Table(table) => table.values().all(is_finite),
        _ => true,
    }
}

impl HalvingTable {
    fn check(self, model: &ModelConfig) -> Result<Halving, Problem> {
        let Self { trials, reduction, least, most } = self;
        let refuse = |name: &str, found: &str, expected: &str| {
            Err((format!("halving.{name}"), format!("{name} is {found}; expected {expected}")))
        };
        if !(1..=MOST_TRIALS).contains(&trials) {
            return refuse("trials", &trials.to_string(), &format!("a number from 1 to {MOST_TRIALS}"));
        }
        if let ModelConfig::Blend(_) = model {
            let given =
                [("reduction", reduction.is_some()), ("least", least.is_some()), ("most", most.is_some())];
            return match given.into_iter().find(|(_, given)| *given) {
                Some((name, _)) => {
                    refuse(name, "given", "trials alone: a blend is not trained in epochs, and has one rung")
                }
                None => Ok(Halving::of_one_rung(trials)),
            };
        }
        let (Some(least), Some(most)) = (least, most) else {
            let problem =
                "[halving] lacks least or most; expected the epochs of the first and of the last rung";
            return Err(("halving".into(), problem.into()));
        };
        let reduction = reduction.unwrap_or(REDUCTION);
        if reduction < 2 {
            return refuse("reduction", &reduction.to_string(), "2 or more");
        }
        if !(1..=most).contains(&least) {
            return refuse("least", &least.to_string(), &format!("a number from 1 to most, {most}"));
        }
        Ok(Halving::of_epochs(trials, reduction, least, most))
    }
}

/// On which line each key of a file stands, by its dotted name.
#[derive(Clone, Debug)]
struct Lines(BTreeMap<String, usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let mut lines = BTreeMap::new();
        if let Ok(table) = DeTable::parse(text) {
            collect_lines(text, "", table.get_ref(), &mut lines);
        }
        Self(lines)
    }

    /// What is wrong there, with the line of the key, or of the nearest table around it that has one.
    fn at(&self, place: &str, problem: &str) -> String {
        let mut place = place;
        loop {
            if let Some(line) = self.0.get(place) {
                return format!("line {line}: {problem}");
            }
            let Some((around, _)) = place.rsplit_once('.') else { return problem.into() };
            place = around;
        }
    }
}

fn collect_lines(text: &str, prefix: &str, table: &DeTable<'_>, lines: &mut BTreeMap<String, usize>) {
    for (key, value) in table {
        let name = format!("{prefix}{}", key.get_ref());
        lines.insert(name.clone(), line_of(text, key.span().start));
        if let DeValue::Table(inner) = value.get_ref() {
            collect_lines(text, &format!("{name}."), inner, lines);
        }
    }
}
