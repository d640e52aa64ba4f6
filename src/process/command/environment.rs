//! [`Environment`]: a set of environment variables for many processes.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::Arc;

use crate::os::EnvChange;
use crate::process::error::SpawnErrorKind;

/// The complete environment of a process, in place of the parent's; asyncio's `env=`. Empty by default.
///
/// Cheap to clone. For many processes, [`Command::environment`] with a few changes is cheaper than
/// changes to the parent's environment, which is read again for each process.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use prun::process::{Command, Environment};
///
/// let environment = Environment::new([("LANG", "C"), ("TZ", "UTC")])?;
/// let mut env = Command::exec("/usr/bin/env");
/// let output = env.environment(&environment).env("N", "1").output().await?;
/// assert_eq!(output.stdout, b"LANG=C\nTZ=UTC\nN=1\n");
/// # Ok(()) }
/// ```
///
/// [`Command::environment`]: crate::process::Command::environment
#[derive(Clone, Debug, Default)]
pub struct Environment(Arc<[Variable]>);

#[derive(Debug)]
struct Variable {
    /// `NAME=value`, in the form of `environ`.
    pair: CString,
    name_len: usize,
}

impl Environment {
    /// Creates an environment from variables, for example those of [`std::env::vars_os`]. If a name
    /// occurs more than once, the last value is used.
    ///
    /// # Errors
    /// [`SpawnErrorKind::BadEnv`] with the name of an invalid variable.
    pub fn new<I, K, V>(variables: I) -> Result<Self, SpawnErrorKind>
    where
        I: IntoIterator<Item = (K, V)>,
        K: Into<OsString>,
        V: Into<OsString>,
    {
        let pairs = variables.into_iter();
        let variables: BTreeMap<OsString, OsString> = pairs
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        let settled = variables.into_iter().map(|(name, value)| {
            // A name may begin with '=': a few systems have such variables of their own.
            let inside = name.as_bytes().get(1..);
            if inside.is_none_or(|inside| inside.contains(&b'=')) {
                return Err(SpawnErrorKind::BadEnv(name));
            }
            Variable::new(&name, &value).ok_or(SpawnErrorKind::BadEnv(name))
        });
        Ok(Self(settled.collect::<Result<_, _>>()?))
    }

    /// Returns the value of a variable.
    #[must_use]
    pub fn get(&self, name: impl AsRef<OsStr>) -> Option<&OsStr> {
        position(&self.0, name.as_ref()).map(|at| self.0[at].value())
    }

    /// All names and values.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        let variables = self.0.iter();
        variables.map(|variable| (variable.name(), variable.value()))
    }

    /// The environment after `changes`: the remaining variables of this one, then those that were set,
    /// which are stored in `set`; each sorted by name. `None` if one of them is invalid.
    pub(crate) fn changed<'a>(
        &'a self,
        changes: &[EnvChange],
        set: &'a mut Vec<CString>,
    ) -> Option<Vec<&'a CStr>> {
        for (at, change) in changes.iter().enumerate() {
            if let Some(value) = &change.value
                && changes[at + 1..]
                    .iter()
                    .all(|later| later.name != change.name)
            {
                set.push(Variable::new(&change.name, value)?.pair);
            }
        }
        set.sort_unstable();
        let stay = &*self.0;
        let mut whole = Vec::with_capacity(stay.len() + set.len());
        whole.extend(stay.iter().map(|variable| variable.pair.as_c_str()));
        let names = changes.iter().map(|change| &change.name);
        let mut gone: Vec<usize> = names.filter_map(|name| position(stay, name)).collect();
        gone.sort_unstable();
        gone.dedup();
        // In descending order, so that the earlier positions stay valid.
        for at in gone.into_iter().rev() {
            whole.remove(at);
        }
        whole.extend(set.iter().map(CString::as_c_str));
        Some(whole)
    }
}

/// The position of the variable with this name; they are sorted by name.
fn position(variables: &[Variable], name: &OsStr) -> Option<usize> {
    variables
        .binary_search_by(|variable| variable.name().cmp(name))
        .ok()
}

impl Variable {
    fn new(name: &OsStr, value: &OsStr) -> Option<Self> {
        let mut pair = OsString::with_capacity(name.len() + value.len() + 2);
        pair.push(name);
        pair.push("=");
        pair.push(value);
        Some(Self {
            pair: CString::new(pair.into_vec()).ok()?,
            name_len: name.len(),
        })
    }

    fn name(&self) -> &OsStr {
        OsStr::from_bytes(&self.pair.as_bytes()[..self.name_len])
    }

    fn value(&self) -> &OsStr {
        OsStr::from_bytes(&self.pair.as_bytes()[self.name_len + 1..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A model of the environment as a map, with the changes applied one by one.
    fn as_a_map(base: &[(String, String)], changes: &[EnvChange]) -> BTreeMap<OsString, OsString> {
        let base = base.iter().map(|(k, v)| (k.into(), v.into()));
        let mut map: BTreeMap<OsString, OsString> = base.collect();
        for change in changes {
            match &change.value {
                Some(value) => map.insert(change.name.clone(), value.clone()),
                None => map.remove(&change.name),
            };
        }
        map
    }

    fn change() -> impl Strategy<Value = EnvChange> {
        prop_oneof![
            4 => ("[A-D]{1,2}", "[a-b=]{0,2}").prop_map(|(k, v)| EnvChange::set(k, v)),
            3 => "[A-D]{1,2}".prop_map(EnvChange::remove),
        ]
    }

    proptest! {
        #[test]
        fn changes_mean_what_they_mean_one_after_the_other(
            base in proptest::collection::vec(("[A-D]{1,2}", "[a-b=]{0,2}"), 0..6),
            changes in proptest::collection::vec(change(), 0..8),
        ) {
            let environment = Environment::new(base.clone()).unwrap();
            let mut set = Vec::new();
            let whole = environment.changed(&changes, &mut set).unwrap();
            let mut pairs: Vec<_> = whole.iter().map(|pair| pair.to_bytes()).collect();
            pairs.sort();
            let map = as_a_map(&base, &changes);
            let mut expected: Vec<_> =
                map.iter().map(|(k, v)| [k.as_bytes(), b"=", v.as_bytes()].concat()).collect();
            expected.sort();
            prop_assert_eq!(pairs, expected);
        }
    }

    #[test]
    fn an_invalid_variable_is_refused_with_its_name() {
        for (name, value) in [("", "v"), ("A=B", "v"), ("N\0", "v"), ("N", "v\0")] {
            match Environment::new([(name, value)]) {
                Err(SpawnErrorKind::BadEnv(bad)) => assert_eq!(bad, name),
                other => panic!("{name:?}: {other:?}"),
            }
        }
        let own = Environment::new([("=A", "1"), ("B", "=2")]).unwrap();
        assert_eq!(own.get("=A"), Some(OsStr::new("1")));
        assert_eq!(own.get("B"), Some(OsStr::new("=2")));
        assert_eq!(own.get("A"), None);
    }
}
