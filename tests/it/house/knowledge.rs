//! Which file knows which: resolves the paths of the sources to the files that they lead to.

use std::collections::{BTreeMap, BTreeSet};

use super::rules::House;
use super::source::{Path, Source};

/// The files that have a circle among them, as a complaint about the first of each.
pub(super) fn circles(house: &House) -> Vec<String> {
    let mut knows = Knowledge::of(house).knows;
    // Whoever knows nobody is in no circle, nor is who knows only such.
    loop {
        let left: BTreeSet<Name> = knows.keys().cloned().collect();
        let before = left.len();
        knows.retain(|_, others| {
            others.retain(|other| left.contains(other));
            !others.is_empty()
        });
        if knows.len() == before {
            break;
        }
    }
    let mut all = Vec::new();
    while let Some(first) = knows.keys().next().cloned() {
        let mut way = vec![first];
        let start = loop {
            let next = knows[&way[way.len() - 1]].first();
            let next = next.expect("the others are gone").clone();
            if let Some(start) = way.iter().position(|name| *name == next) {
                break start;
            }
            way.push(next);
        };
        let circle = way.split_off(start);
        let names: Vec<String> = circle.iter().map(|name| name.join("::")).collect();
        all.push(format!(
            "src/{}.rs:1: knows itself by {}",
            circle[0].join("/"),
            names.join(" → ")
        ));
        // What leads into it is another circle only if it does not go through these.
        knows.retain(|name, _| !circle.contains(name));
        for others in knows.values_mut() {
            others.retain(|other| !circle.contains(other));
        }
        while knows.values().any(BTreeSet::is_empty) {
            let left: BTreeSet<Name> = knows
                .iter()
                .filter(|(_, others)| !others.is_empty())
                .map(|(name, _)| name.clone())
                .collect();
            knows.retain(|name, others| {
                others.retain(|other| left.contains(other));
                left.contains(name)
            });
        }
    }
    all
}

/// A module, from the root on.
type Name = Vec<String>;

struct Knowledge {
    /// Of each file that is no door, the others that it knows.
    knows: BTreeMap<Name, BTreeSet<Name>>,
}

impl Knowledge {
    fn of(house: &House) -> Self {
        let modules = Modules::of(house);
        let mut knows: BTreeMap<Name, BTreeSet<Name>> = BTreeMap::new();
        for source in house.rooms().filter(|source| !is_door(source)) {
            let own = name(source);
            if own.contains(&"tests".to_owned()) {
                continue;
            }
            let targets = source.paths();
            let targets = targets
                .iter()
                .filter_map(|path| modules.absolute(&own, path));
            let targets = targets.filter_map(|path| modules.target(path));
            let others = targets.filter(|target| *target != own && !modules.doors.contains(target));
            knows.insert(own.clone(), others.collect());
        }
        Self { knows }
    }
}

struct Modules {
    all: BTreeSet<Name>,
    doors: BTreeSet<Name>,
    /// What a door shows under a name of its own, and where that is.
    shown: BTreeMap<(Name, String), Name>,
}

impl Modules {
    fn of(house: &House) -> Self {
        let mut modules = Self {
            all: house.rooms().map(name).collect(),
            doors: house
                .rooms()
                .filter(|source| is_door(source))
                .map(name)
                .collect(),
            shown: BTreeMap::new(),
        };
        for door in house.rooms().filter(|source| is_door(source)) {
            let own = name(door);
            for path in door.paths().iter().filter(|path| path.before == "use") {
                let shown = path.segments.last().cloned();
                if let (Some(shown), Some(target)) = (shown, modules.absolute(&own, path)) {
                    modules.shown.insert((own.clone(), shown), target);
                }
            }
        }
        modules
    }

    /// The path from the root on, if it is one of ours.
    fn absolute(&self, own: &Name, path: &Path) -> Option<Name> {
        let segments = &path.segments;
        let rest = |from: usize| segments[from..].iter().cloned();
        let is_ours = |name: &str| {
            self.all
                .contains(&[own.as_slice(), &[name.to_owned()]].concat())
        };
        let ups = segments.iter().take_while(|name| *name == "super").count();
        match segments[0].as_str() {
            "crate" => Some(rest(1).collect()),
            "super" => {
                let above = own.len().checked_sub(ups.checked_sub(path.depth)?)?;
                Some(own[..above].iter().cloned().chain(rest(ups)).collect())
            }
            "self" if path.depth == 0 => Some(own.iter().cloned().chain(rest(1)).collect()),
            first if path.depth == 0 && segments.len() > 1 && is_ours(first) => {
                Some(own.iter().cloned().chain(rest(0)).collect())
            }
            _ => None,
        }
    }

    /// The file in which that is, whatever doors the path goes through.
    fn target(&self, mut path: Name) -> Option<Name> {
        loop {
            let length = (1..=path.len())
                .rev()
                .find(|length| self.all.contains(&path[..*length]))?;
            let (module, rest) = path.split_at(length);
            let shown = rest
                .first()
                .and_then(|name| self.shown.get(&(module.to_vec(), name.clone())));
            match shown {
                Some(target) => path = [target, &rest[1..]].concat(),
                None => return Some(module.to_vec()),
            }
        }
    }
}

fn is_door(source: &Source) -> bool {
    source.path.ends_with("/mod.rs") || source.path == "src/lib.rs"
}

fn name(source: &Source) -> Name {
    let mut names = source.names();
    if is_door(source) {
        names.pop();
    }
    names.into_iter().map(str::to_owned).collect()
}
