//! Scorers in closed form, which stand beside every model in every table.

mod degree_product;
mod l3;
mod random;

pub use degree_product::DegreeProduct;
pub use l3::L3;
pub use random::Random;
