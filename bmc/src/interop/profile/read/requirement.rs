//! Reads what is asked of resources, their properties and their actions.

use super::{
    super::{
        Action, Capability, Check, Compare, Comparison, Condition, Level, Parameter, Property,
        Scope, Uri, UseCase,
    },
    MOST_UNREAD, Misread,
    field::Fields,
};

/// The properties that DSP0272 has, for names that are nearly one of them.
const KNOWN: &[&str] = &[
    "ActionRequirements",
    "ConditionalRequirements",
    "MinSupportValues",
    "ParameterValues",
    "Parameters",
    "PropertyRequirements",
    "ReadRequirement",
    "RecommendedValues",
    "URIs",
    "Values",
    "WriteRequirement",
];

/// Reads what is asked of a type of resource.
pub(super) fn resource(fields: &mut Fields<'_>) -> Vec<UseCase> {
    let mut cases = Vec::new();
    if !fields.has("UseCases") {
        cases.push(use_case(fields));
        return cases;
    }
    fields.list("UseCases", &mut |fields| {
        let mut case = use_case(fields);
        let number = cases.len().saturating_add(1);
        case.title.get_or_insert_with(|| format!("Use Case {number}"));
        cases.push(case);
    });
    fields.skip(&["Purpose"]);
    fields.end(KNOWN);
    cases
}

fn use_case(fields: &mut Fields<'_>) -> UseCase {
    fields.skip(&["Purpose", "Repository"]);
    let mut case = UseCase {
        title: fields.text("UseCaseTitle"),
        scope: scope(fields),
        read: fields.level("ReadRequirement").unwrap_or_default(),
        uris: uris(fields),
        least: fields.version("MinVersion"),
        ..UseCase::default()
    };
    for (key, capability) in [
        ("CreateResource", Capability::Create),
        ("DeleteResource", Capability::Delete),
        ("UpdateResource", Capability::Update),
    ] {
        if fields.truth(key) {
            case.capabilities.push(capability);
        }
    }
    fields.refuse("RequiredResourceProfile", Misread::NotJudged);
    fields.list("ConditionalRequirements", &mut |fields| case.conditions.push(condition(fields)));
    fields.each("PropertyRequirements", &mut |name, fields| {
        case.properties.insert(name.to_owned(), property(fields));
    });
    fields.each("ActionRequirements", &mut |name, fields| {
        case.actions.insert(name.to_owned(), action(fields));
    });
    fields.end(KNOWN);
    case
}

/// Reads to which resources a use case applies.
fn scope(fields: &mut Fields<'_>) -> Scope {
    let kind = fields.text("UseCaseType");
    let property = fields.text("UseCaseKeyProperty");
    let by = comparison(fields, "UseCaseComparison", Comparison::Equal);
    let values = fields.values("UseCaseKeyValues");
    let Some(by) = by else { return Scope::Unread };
    match kind.as_deref().unwrap_or("Normal") {
        "Normal" => {
            let needs_none = matches!(by, Comparison::Absent | Comparison::Present);
            match (property, values) {
                (Some(name), values) if values.is_some() || needs_none => {
                    let values = values.unwrap_or_default();
                    let property = format!("/{}", name.trim_start_matches('/'));
                    Scope::Own(Compare { property, check: Check { by, values } })
                }
                // Only places tell it from the others.
                (None, None) => Scope::All,
                _ => {
                    fields.tell(None, Misread::Not { expected: "a use case with key and values" });
                    Scope::Unread
                }
            }
        }
        "AbsentResource" => Scope::Absent,
        word => {
            let (kind, property) = match word {
                "ChassisType" => ("Chassis", "/ChassisType"),
                "DriveProtocol" => ("Drive", "/Protocol"),
                "MemoryType" => ("Memory", "/MemoryType"),
                "PortProtocol" => ("Port", "/Protocol"),
                "ProcessorType" => ("Processor", "/ProcessorType"),
                _ => {
                    let trouble = Misread::Not { expected: "a type of use case" };
                    fields.tell(Some("UseCaseType"), trouble);
                    return Scope::Unread;
                }
            };
            let Some(values) = values else { return Scope::All };
            let compare = Compare { property: property.to_owned(), check: Check { by, values } };
            Scope::Below { kind, compare }
        }
    }
}

fn property(fields: &mut Fields<'_>) -> Property {
    fields.skip(&["Purpose", "Priority"]);
    let mut property = Property {
        read: fields.level("ReadRequirement").unwrap_or_default(),
        write: fields.level("WriteRequirement").unwrap_or(Level::None),
        replaced_by: fields.text("ReplacedByProperty"),
        replaces: fields.text("ReplacesProperty"),
        least: fields.number("MinCount"),
        supported: fields.texts("MinSupportValues"),
        check: check(fields),
        ..Property::default()
    };
    fields.list("ConditionalRequirements", &mut |fields| {
        property.conditions.push(condition(fields));
    });
    fields.each("PropertyRequirements", &mut |name, fields| {
        property.properties.insert(name.to_owned(), self::property(fields));
    });
    fields.end(KNOWN);
    property
}

fn condition(fields: &mut Fields<'_>) -> Condition {
    let before = fields.count();
    fields.skip(&["Purpose"]);
    let mut condition = Condition {
        read: fields.level("ReadRequirement").unwrap_or_default(),
        write: fields.level("WriteRequirement").unwrap_or(Level::None),
        check: check(fields),
        uris: uris(fields),
        below: fields.texts("SubordinateToResource"),
        ..Condition::default()
    };
    let property = fields.text("CompareProperty");
    let has_type = fields.has("CompareType");
    let by = comparison(fields, "CompareType", Comparison::AnyOf);
    let values = fields.values("CompareValues").unwrap_or_default();
    match (property, by) {
        (Some(property), Some(by)) if has_type => {
            condition.compare = Some(Compare { property, check: Check { by, values } });
        }
        (None, _) if !has_type => {}
        _ => fields.tell(None, Misread::Not { expected: "CompareProperty with CompareType" }),
    }
    fields.end(KNOWN);
    // Where no more is noted it is not known whether it was understood.
    condition.is_unread = fields.count() > before || before >= MOST_UNREAD;
    condition
}

/// Reads what a value is compared with.
fn check(fields: &mut Fields<'_>) -> Option<Check> {
    let is_said = fields.has("Comparison");
    // `AnyOf` is what it is where there is none (DSP0272 `Values`).
    let by = comparison(fields, "Comparison", Comparison::AnyOf)?;
    let values = fields.values("Values");
    match values {
        Some(values) => Some(Check { by, values }),
        None if is_said && matches!(by, Comparison::Absent | Comparison::Present) => {
            Some(Check { by, values: Vec::new() })
        }
        None if is_said => {
            fields.tell(Some("Comparison"), Misread::Not { expected: "a comparison with values" });
            None
        }
        None => None,
    }
}

fn comparison(fields: &mut Fields<'_>, key: &str, usual: Comparison) -> Option<Comparison> {
    const ALL: [Comparison; 13] = [
        Comparison::Absent,
        Comparison::AnyOf,
        Comparison::AllOf,
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::GreaterThan,
        Comparison::GreaterThanOrEqual,
        Comparison::LessThan,
        Comparison::LessThanOrEqual,
        Comparison::Present,
        Comparison::LinkToResource,
        Comparison::Range,
        Comparison::Pattern,
    ];
    let Some(word) = fields.take(key) else { return Some(usual) };
    let found = ALL.into_iter().find(|by| word.as_str() == Some(by.word()));
    if found.is_none() {
        fields.tell(Some(key), Misread::Not { expected: "a comparison" });
    }
    found
}

fn uris(fields: &mut Fields<'_>) -> Vec<Uri> {
    let mut uris = Vec::new();
    for text in fields.texts("URIs") {
        let uri = Uri::read(&text).unwrap_or_else(|| {
            fields.tell(Some("URIs"), Misread::Not { expected: "a place" });
            // It is of no place: one that is not understood must not be of all.
            Uri::Template(text)
        });
        uris.push(uri);
    }
    uris
}

fn action(fields: &mut Fields<'_>) -> Action {
    fields.skip(&["Purpose"]);
    let mut action = Action {
        read: fields.level("ReadRequirement").unwrap_or_default(),
        info: fields.level("ActionInfo").unwrap_or(Level::None),
        ..Action::default()
    };
    fields.each("Parameters", &mut |name, fields| {
        fields.skip(&["Purpose"]);
        let parameter = Parameter {
            read: fields.level("ReadRequirement").unwrap_or_default(),
            values: fields.texts("ParameterValues"),
            recommended: fields.texts("RecommendedValues"),
        };
        fields.end(KNOWN);
        action.parameters.insert(name.to_owned(), parameter);
    });
    fields.end(KNOWN);
    action
}
