//! The local workbench.
