//! Message catalogs: an event's sentence in another language, or in other words, without storing
//! anything anew.
//!
//! A folder holds one folder per locale (`de`, `pt-BR`), and in it `generic.ftl` (the sentences that Daybook
//! makes by itself) and one file per service (`orders.ftl`), in [Fluent](https://projectfluent.org)'s
//! syntax. A service's message is named after its operation (`cancelOrder`), its attributes after other
//! outcomes (`.denied`, `.failure`, `.unknown`). English and German for the generic sentences are built in.

mod asked;
mod sentence;

pub(crate) use asked::AcceptedLanguages;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use daybook_event::AuditEvent;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

/// The generic messages of a locale.
const GENERIC: &str = "generic";
const BUILT_IN: [(&str, &str); 2] = [
    ("de", include_str!("../../catalogs/de/generic.ftl")),
    ("en", include_str!("../../catalogs/en/generic.ftl")),
];
/// How long a catalog may be.
const CATALOG_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// How many languages of an `Accept-Language` are looked at.
const LANGUAGES_MAX: usize = 16;

/// The catalogs of all locales.
pub struct Catalogs {
    locales: BTreeMap<String, Arc<Locale>>,
}

/// The catalogs of one locale: by service, and [`GENERIC`].
pub(crate) struct Locale {
    bundles: BTreeMap<String, FluentBundle<FluentResource>>,
}

/// Why a folder of catalogs cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// It cannot be read.
    #[error("{} cannot be read", path.display())]
    File {
        /// What.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A folder's name is no locale.
    #[error("{} is not the name of a locale", .0.display())]
    Locale(PathBuf),
    /// A file is no catalog.
    #[error("{} is not in Fluent's syntax: {reason}", path.display())]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// What is wrong first.
        reason: String,
    },
}

impl Default for Catalogs {
    fn default() -> Self {
        let mut catalogs = Self {
            locales: BTreeMap::new(),
        };
        for (locale, text) in BUILT_IN {
            // Tests read them; one that could not be read would be left out.
            let _ = catalogs.add(locale, GENERIC, text.to_owned());
        }
        catalogs
    }
}

impl Catalogs {
    /// The built-in catalogs, and those of a folder, which count more.
    ///
    /// # Errors
    /// Names the first file that cannot be used.
    pub fn with_folder(folder: &Path) -> Result<Self, CatalogError> {
        let mut catalogs = Self::default();
        for locale in entries(folder)? {
            let name = name_of(&locale);
            if !locale.is_dir() {
                continue;
            }
            for file in entries(&locale)? {
                if file.extension().is_some_and(|extension| extension == "ftl") {
                    let text = read(&file)?;
                    let service = file.file_stem().unwrap_or_default().to_string_lossy();
                    catalogs
                        .add(&name, &service, text)
                        .map_err(|reason| match reason {
                            None => CatalogError::Locale(locale.clone()),
                            Some(reason) => CatalogError::Syntax { path: file, reason },
                        })?;
                }
            }
        }
        Ok(catalogs)
    }

    /// Adds a catalog. `Err(None)` says that the locale is none.
    fn add(&mut self, locale: &str, service: &str, text: String) -> Result<(), Option<String>> {
        let language: LanguageIdentifier = locale.parse().map_err(|_| None)?;
        let resource = FluentResource::try_new(text).map_err(|(_, errors)| {
            let first = errors.first().map(ToString::to_string);
            Some(first.unwrap_or_default())
        })?;
        let locale = self
            .locales
            .entry(language.to_string().to_ascii_lowercase())
            .or_insert_with(|| {
                Arc::new(Locale {
                    bundles: BTreeMap::new(),
                })
            });
        // Nobody else has it while the catalogs are being read.
        let Some(locale) = Arc::get_mut(locale) else {
            return Ok(());
        };
        let bundle = locale.bundles.entry(service.to_owned()).or_insert_with(|| {
            let mut bundle = FluentBundle::new_concurrent(vec![language]);
            // The marks that isolate directions would be part of the text, and names are searched for.
            bundle.set_use_isolating(false);
            bundle
        });
        bundle.add_resource_overriding(resource);
        Ok(())
    }

    /// The catalogs of the first language that there are any of: of `Accept-Language` (RFC 9110, section
    /// 12.5.4) or of one locale. `de-AT` is served by `de`.
    pub(crate) fn negotiate(&self, accepted: &str) -> Option<Arc<Locale>> {
        let mut asked: Vec<(f32, String)> = accepted
            .split(',')
            .take(LANGUAGES_MAX)
            .filter_map(|part| {
                let mut parameters = part.split(';').map(str::trim);
                let language = parameters.next()?.to_ascii_lowercase();
                let weight = match parameters.find_map(weight) {
                    Some(weight) => weight.parse().ok()?,
                    None => 1.0,
                };
                (weight > 0.0 && !language.is_empty()).then_some((weight, language))
            })
            .collect();
        // Stable: of equal ones, the first counts.
        asked.sort_by(|one, other| other.0.total_cmp(&one.0));
        let found = asked.iter().find_map(|(_, language)| self.locale(language));
        found.cloned()
    }

    fn locale(&self, language: &str) -> Option<&Arc<Locale>> {
        let mut name = language;
        loop {
            if let Some(locale) = self.locales.get(name) {
                return Some(locale);
            }
            name = name.rsplit_once('-')?.0;
        }
    }
}

impl Locale {
    /// Gives the event the sentence of these catalogs, where they have one for it. The parts are those of
    /// the stored sentence, and would contradict another one.
    pub(crate) fn word(&self, event: &mut AuditEvent) {
        if let Some(sentence) = self.sentence(event).filter(|it| *it != event.activity) {
            event.activity = sentence;
            event.activity_parts.clear();
        }
    }

    /// The event's sentence; nothing where these catalogs have none for it.
    fn sentence(&self, event: &AuditEvent) -> Option<String> {
        self.of_service(event)
            .or_else(|| sentence::generic(self, event))
    }

    /// The message of the operation, in its attribute for the outcome. A service's words are for what
    /// succeeded unless they say otherwise.
    fn of_service(&self, event: &AuditEvent) -> Option<String> {
        let id = identifier(&event.event_name)?;
        let arguments = sentence::arguments(event);
        let attribute = sentence::attribute_of(event.outcome);
        self.format(&event.service_name, &id, attribute, &arguments)
    }

    /// A message, whole: one that lacks an argument is none.
    fn format(
        &self,
        service: &str,
        id: &str,
        attribute: Option<&str>,
        arguments: &FluentArgs<'_>,
    ) -> Option<String> {
        let bundle = self.bundles.get(service)?;
        let message = bundle.get_message(id)?;
        let pattern = match attribute {
            None => message.value()?,
            Some(name) => message.get_attribute(name)?.value(),
        };
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(arguments), &mut errors);
        (errors.is_empty() && !text.trim().is_empty()).then(|| text.into_owned())
    }

    fn generic(
        &self,
        id: &str,
        attribute: Option<&str>,
        arguments: &FluentArgs<'_>,
    ) -> Option<String> {
        self.format(GENERIC, id, attribute, arguments)
    }
}

/// What stands behind `q=`, in either case.
fn weight(parameter: &str) -> Option<&str> {
    let (name, value) = parameter.split_once('=')?;
    name.trim_end()
        .eq_ignore_ascii_case("q")
        .then(|| value.trim_start())
}

/// A name as Fluent may have it: letters, digits, `-` and `_`, a letter first.
fn identifier(name: &str) -> Option<String> {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    let id: String = name
        .chars()
        .map(|letter| if is_letter(letter) { letter } else { '-' })
        .collect();
    id.starts_with(|letter: char| letter.is_ascii_alphabetic())
        .then_some(id)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, CatalogError> {
    let failed = |source| CatalogError::File {
        path: folder.to_owned(),
        source,
    };
    let listed = std::fs::read_dir(folder).map_err(failed)?;
    let mut paths = Vec::new();
    for entry in listed {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    Ok(paths)
}

fn read(path: &Path) -> Result<String, CatalogError> {
    let failed = |source| CatalogError::File {
        path: path.to_owned(),
        source,
    };
    if std::fs::metadata(path).map_err(failed)?.len() > CATALOG_BYTES_MAX {
        return Err(CatalogError::Syntax {
            path: path.to_owned(),
            reason: format!("it has more than {CATALOG_BYTES_MAX} bytes"),
        });
    }
    std::fs::read_to_string(path).map_err(failed)
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

impl fmt::Debug for Catalogs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Catalogs")
            .field(&self.locales.keys())
            .finish()
    }
}

#[cfg(test)]
mod tests;
