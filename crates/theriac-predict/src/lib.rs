//! What a trained model says of its graph: who asks, by a command or by a page, gets the same answer.
//!
//! [`Trained`] is a model folder with its graph. From it come the candidates for a node ([`ranked`]), why a pair scores as it
//! does ([`explained`]), how good such answers are ([`explanation_quality`]), the candidates for a node that the graph does not have ([`new_node`]), pages
//! ([`candidate_page`], [`evaluation_page`]) and files ([`predictions`]). [`query`] and [`edge_text`] find nodes and edges by
//! what a person types.
//!
//! Nothing here prints or asks: notes go to a [`Note`], answers are values.

pub mod candidate_page;
pub mod contributions;
pub mod edge_text;
mod error;
pub mod evaluation_page;
pub mod experiment;
pub mod explained;
pub mod explanation_quality;
pub mod flags;
pub mod map;
pub mod new_node;
pub mod numbers;
pub mod opposition;
pub mod output;
pub mod predictions;
mod predictor;
pub mod query;
pub mod ranked;
pub mod timestamp;
mod trained;

pub use error::PredictError;
pub use predictor::Predictor;
pub use trained::Trained;

/// Takes what is to be told beside an answer: that a name was taken for another, what else is held out.
pub type Note<'a> = &'a dyn Fn(String);
