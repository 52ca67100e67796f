//! What decides a fit besides the data and the seed, whatever the model.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use theriac_link::{Budget, TrainView};

use crate::blend::{self, Blend, BlendConfig};
use crate::error::ModelError;
use crate::fitted::FittedModel;
use crate::gnn::{Gnn, GnnConfig, StateFile, TrainingState};

/// Everything that decides a fit besides the data and the seed. Written to the model card in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "model", rename_all = "lowercase")]
pub enum ModelConfig {
    /// Closed-form scorers under boosted trees.
    Blend(BlendConfig),
    /// A graph neural network.
    Gnn(GnnConfig),
}

/// Where the state of a training is kept while it runs.
#[derive(Clone, Copy, Debug)]
pub struct Continuation<'a> {
    /// The file.
    pub path: &'a Path,
    /// Whether the training that is kept there already goes on.
    pub resume: bool,
}

impl ModelConfig {
    /// Reads a configuration in TOML. What it leaves out is as in the default; what it has too much is refused.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is no TOML, or holds an unknown setting or a value that a setting cannot have.
    pub fn read(path: &Path) -> Result<Self, ModelError> {
        let text = fs::read_to_string(path).map_err(|source| ModelError::Io { path: path.into(), source })?;
        let config: Self = toml::from_str(&text).map_err(|error| {
            // The error of a tagged choice has the span of the whole, which tells nothing.
            let line = error.span().filter(|span| span.len() < text.trim_end().len());
            let line = line.map(|span| format!("line {}: ", line_of(&text, span.start)));
            let problem = format!("{}{}", line.unwrap_or_default(), error.message().replace('\n', "; "));
            ModelError::ConfigFile { path: path.into(), problem }
        })?;
        config.check()?;
        Ok(config)
    }

    /// The configuration in TOML, every setting with its value.
    pub fn to_toml(&self) -> String {
        toml::to_string_pretty(self).unwrap_or_else(|_| unreachable!("settings are numbers, texts and lists"))
    }

    /// Name of the scorer in tables: `blend`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Blend(_) => blend::NAME,
            Self::Gnn(config) => config.name(),
        }
    }

    /// Checks what no type can.
    ///
    /// # Errors
    ///
    /// [`ModelError::Config`], naming the setting, what was found and what was expected.
    pub fn check(&self) -> Result<(), ModelError> {
        match self {
            Self::Blend(config) => config.check(),
            Self::Gnn(config) => config.check(),
        }
    }

    /// Whether the model, once its settings are chosen on the validation part, is to be trained on that too, with what the first
    /// training tried in the [budget](Budget::with_trials). A network is followed on it, epoch by epoch, and is not.
    pub fn learns_validation(&self) -> bool {
        matches!(self, Self::Blend(_))
    }

    /// Trains the model. Where `continuation` is given, a model that is trained in epochs keeps its state there;
    /// with `contributions`, a blend keeps what the score of every pair is made of.
    ///
    /// # Errors
    ///
    /// When a setting is out of range, there are too few edges, or the training that is to go on is not there or of something
    /// else; [`ModelError::Stopped`] when it was asked to stop before there was anything to keep.
    pub fn train(
        &self,
        view: &TrainView,
        budget: &Budget<'_>,
        continuation: Option<Continuation<'_>>,
        contributions: bool,
    ) -> Result<FittedModel, ModelError> {
        match self {
            Self::Blend(_) if continuation.is_some_and(|continuation| continuation.resume) => {
                Err(ModelError::NothingToResume { scorer: self.name().into() })
            }
            Self::Blend(config) => {
                let fitted = Blend { config: config.clone() }.train(view, budget, contributions)?;
                // Parts that were cut short make no blend worth keeping.
                let stopped = budget.observer.stop_requested();
                if stopped { Err(ModelError::Stopped) } else { Ok(FittedModel::Table(fitted)) }
            }
            Self::Gnn(config) => {
                let file = continuation
                    .map(|Continuation { path, .. }| StateFile::new(path, config, view, budget.seed));
                let state = match (&file, continuation) {
                    (Some(file), Some(Continuation { resume: true, .. })) => file.read()?,
                    _ => TrainingState::default(),
                };
                let network = Gnn { config: config.clone() };
                let fitted = network.train_from(state, file.as_ref(), view, budget)?;
                if fitted.epochs.is_empty() {
                    return Err(ModelError::Stopped);
                }
                Ok(FittedModel::Gnn(fitted))
            }
        }
    }
}

/// The line, from 1, that this byte of a text is in.
pub(crate) fn line_of(text: &str, byte: usize) -> usize {
    text.as_bytes().iter().take(byte).filter(|&&byte| byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::Preset;

    fn read(text: &str) -> Result<ModelConfig, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.toml");
        fs::write(&path, text).unwrap();
        let shown = format!("{}: ", path.display());
        ModelConfig::read(&path).map_err(|error| error.to_string().replace(&shown, ""))
    }

    #[test]
    fn what_is_printed_is_read() {
        for preset in Preset::all() {
            assert_eq!(read(&preset.model().to_toml()).unwrap(), preset.model());
        }
        let ModelConfig::Blend(config) = read("model = 'blend'\nmembers = 3\n").unwrap() else {
            panic!("the file says blend")
        };
        assert_eq!(config, BlendConfig { members: 3, ..BlendConfig::default() });
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(read("model = 'blend'\nmembers = = 3\n").unwrap_err().split(':').next(), Some("line 2"));
        for (text, said) in [
            ("model = 'blend'\nmember = 3\n", "unknown field `member`, expected one of"),
            ("model = 'forest'\n", "unknown variant `forest`, expected"),
            ("members = 3\n", "missing field `model`"),
            ("model = 'blend'\nmembers = 1\n", "members is 1; expected 2 or more"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
