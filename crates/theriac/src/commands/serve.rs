//! `theriac serve`

use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs};

use theriac_fetch::data_folder;
use theriac_predict::PredictError;
use theriac_serve::{Limits, Options, Tls};

use crate::cli::ServeArguments;
use crate::console::Console;
use crate::error::CliError;

/// Opens the workbench on trained models until it is stopped.
///
/// # Errors
///
/// When a model, the shortlist, the token or the certificate cannot be read, or the address cannot be listened on.
pub fn serve(arguments: &ServeArguments, console: Console) -> Result<(), CliError> {
    let tls = arguments.tls_cert.clone().zip(arguments.tls_key.clone());
    let options = Options {
        models: arguments.models.clone(),
        graph: arguments.graph.clone(),
        address: arguments.addr,
        hosts: arguments.host.clone(),
        token: token(arguments)?,
        tls: tls.map(|(certificate, key)| Tls { certificate, key }),
        shortlist: shortlist(arguments)?,
        limits: Limits {
            time: Duration::from_secs(arguments.time_limit),
            requests: arguments.requests.get(),
            ..Limits::of_cores(rayon::current_num_threads())
        },
    };
    Ok(theriac_serve::serve(&options, &console.notes())?)
}

/// The token that has to be shown: of the file, or of the environment.
fn token(arguments: &ServeArguments) -> Result<Option<String>, CliError> {
    let Some(path) = &arguments.token_file else {
        return Ok(env::var("THERIAC_TOKEN").ok().filter(|token| !token.is_empty()));
    };
    let text = fs::read_to_string(path)
        .map_err(|error| CliError::Read { path: path.clone(), problem: error.to_string() })?;
    Ok(Some(text.trim().to_owned()))
}

/// The file of the shortlist; its folder is made where it is the usual one.
fn shortlist(arguments: &ServeArguments) -> Result<PathBuf, CliError> {
    if let Some(path) = &arguments.shortlist {
        return Ok(path.clone());
    }
    let folder = data_folder().ok_or_else(|| {
        CliError::Options(
            "nothing says where the user's data folder is; say where the shortlist is with --shortlist"
                .into(),
        )
    })?;
    fs::create_dir_all(&folder).map_err(|source| PredictError::Write { path: folder.clone(), source })?;
    Ok(folder.join("shortlist.db"))
}
