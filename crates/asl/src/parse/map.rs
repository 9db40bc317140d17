//! Compiles a Map state.

use super::Parser;
use super::state::Part;
use super::template::{Phase, Site};
use crate::machine::{Batcher, Body, Distribution, Items, Kind, MapBody, QueryLanguage, Reader, Source, Writer};
use crate::problem::{Problem, quoted};
use serde_json::{Map, Value};

/// Longest label. Source: developer guide, "Label".
const MAX_LABEL: usize = 40;

impl Parser {
    pub(super) fn map(&mut self, part: &Part<'_>) -> Option<Body> {
        let fields = part.fields;
        self.one_of(fields, &["ItemProcessor", "Iterator"], part.at);
        self.one_of(fields, &["ItemSelector", "Parameters"], part.at);
        let name = if fields.contains_key("ItemProcessor") { "ItemProcessor" } else { "Iterator" };
        let Some(processor) = fields.get(name) else {
            self.schema(part.at, "These fields are required: [ItemProcessor]");
            return None;
        };
        let at = format!("{}/{name}", part.at);
        let processor = self.object(processor, &at)?;
        self.only(processor, &["StartAt", "States", "ProcessorConfig", "Comment"], &at);
        let config = self.processor_config(processor, &at);
        let label = self.label(part);
        let distributed = self.distribution(part, config, label)?;
        let outer_kind = self.kind;
        if let Some(distribution) = &distributed {
            self.kind = distribution.kind;
        }
        let block = self.block(processor, &at);
        self.kind = outer_kind;
        let map = MapBody {
            processor: block?,
            distributed,
            items: self.items(part)?,
            selector: self.selector(part),
            max_concurrency: self.whole_number(fields, &part.site("MaxConcurrency"), 0, u64::from(u32::MAX)),
            tolerated_count: self.whole_number(fields, &part.site("ToleratedFailureCount"), 0, u64::from(u32::MAX)),
            tolerated_percentage: self.percentage(part),
        };
        Some(Body::Map(Box::new(map)))
    }

    /// The execution type of a distributed processor.
    fn processor_config(&mut self, processor: &Map<String, Value>, at: &str) -> Option<Kind> {
        let at = format!("{at}/ProcessorConfig");
        let config = self.object(processor.get("ProcessorConfig")?, &at)?;
        self.only(config, &["Mode", "ExecutionType"], &at);
        let mode = self.string(config, "Mode", &at).unwrap_or("INLINE");
        let kind = self.string(config, "ExecutionType", &at);
        match (mode, kind) {
            ("INLINE", None) => None,
            ("INLINE", Some(_)) => {
                self.schema(&at, "Field 'ExecutionType' is not supported");
                None
            }
            ("DISTRIBUTED", Some("STANDARD")) => Some(Kind::Standard),
            ("DISTRIBUTED", Some("EXPRESS")) => Some(Kind::Express),
            ("DISTRIBUTED", None) => {
                self.schema(&at, "These fields are required: [ExecutionType]");
                None
            }
            ("DISTRIBUTED", Some(_)) => {
                self.schema(
                    &format!("{at}/ExecutionType"),
                    "The field 'ExecutionType' should have one of these values: [STANDARD, EXPRESS]",
                );
                None
            }
            _ => {
                self.schema(
                    &format!("{at}/Mode"),
                    "The field 'Mode' should have one of these values: [INLINE, DISTRIBUTED]",
                );
                None
            }
        }
    }

    fn label(&mut self, part: &Part<'_>) -> Option<String> {
        let label = self.string(part.fields, "Label", part.at)?;
        let refuse = |message: String| Problem::error(LABEL_REFUSED, format!("{}/Label", part.at), message);
        if label.is_empty() {
            self.problems.push(refuse("Label cannot be empty".into()));
        } else if let Some(c) = label.chars().find(|c| is_forbidden(*c)) {
            self.problems.push(refuse(format!("Label contains invalid character: {}", quoted(&c.to_string()))));
        } else if label.chars().count() > MAX_LABEL {
            self.problems.push(refuse(format!("Label cannot exceed {MAX_LABEL} characters")));
        }
        Some(label.to_owned())
    }

    fn distribution(
        &mut self,
        part: &Part<'_>,
        config: Option<Kind>,
        label: Option<String>,
    ) -> Option<Option<Distribution>> {
        const ONLY: [&str; 4] = ["ItemReader", "ItemBatcher", "ResultWriter", "Label"];
        let Some(kind) = config else {
            for name in ONLY.into_iter().filter(|name| part.fields.contains_key(*name)) {
                self.schema(part.at, format!("Field '{name}' is only supported for a Map in DISTRIBUTED mode"));
            }
            return Some(None);
        };
        if self.kind == Kind::Express {
            self.schema(part.at, "Express state machine does not support a Map in DISTRIBUTED mode");
        }
        let batcher = match part.fields.get("ItemBatcher") {
            Some(batcher) => Some(self.batcher(batcher, part)?),
            None => None,
        };
        let writer = match part.fields.get("ResultWriter") {
            Some(writer) => Some(self.writer(writer, part)?),
            None => None,
        };
        Some(Some(Distribution { kind, label, batcher, writer }))
    }

    fn batcher(&mut self, batcher: &Value, part: &Part<'_>) -> Option<Batcher> {
        const ALLOWED: [&str; 5] = [
            "MaxItemsPerBatch",
            "MaxItemsPerBatchPath",
            "MaxInputBytesPerBatch",
            "MaxInputBytesPerBatchPath",
            "BatchInput",
        ];
        let at = format!("{}/ItemBatcher", part.at);
        let fields = self.object(batcher, &at)?;
        self.only(fields, &ALLOWED, &at);
        let site = |field| Site { owner: &at, field, language: part.language, phase: Phase::Before };
        let max_items = self.whole_number(fields, &site("MaxItemsPerBatch"), 1, 100_000_000);
        let max_bytes = self.whole_number(fields, &site("MaxInputBytesPerBatch"), 1, 262_144);
        if max_items.is_none() && max_bytes.is_none() {
            self.schema(
                &at,
                "There should be one of the following fields: [MaxItemsPerBatch, MaxItemsPerBatchPath, \
                 MaxInputBytesPerBatch, MaxInputBytesPerBatchPath]",
            );
            return None;
        }
        Some(Batcher { max_items, max_bytes, input: self.template(fields, &site("BatchInput")) })
    }

    fn writer(&mut self, writer: &Value, part: &Part<'_>) -> Option<Writer> {
        let at = format!("{}/ResultWriter", part.at);
        let fields = self.object(writer, &at)?;
        self.only(fields, &["Resource", "Parameters", "Arguments", "WriterConfig"], &at);
        for name in fields.keys() {
            self.check_language(name, part.language, &at);
        }
        let resource = match fields.contains_key("Resource") {
            true => Some(self.resource(fields, &at)?),
            false => None,
        };
        let site = |field| Site { owner: &at, field, language: part.language, phase: Phase::Before };
        let arguments = self.template(fields, &site(arguments_field(part.language)));
        Some(Writer { resource, arguments, config: self.template(fields, &site("WriterConfig")) })
    }

    fn items(&mut self, part: &Part<'_>) -> Option<Items> {
        self.one_of(part.fields, &["ItemReader", "ItemsPath"], part.at);
        self.one_of(part.fields, &["ItemReader", "Items"], part.at);
        if let Some(reader) = part.fields.get("ItemReader") {
            return self.reader(reader, part).map(|reader| Items::Reader(Box::new(reader)));
        }
        match part.language {
            QueryLanguage::JsonPath if part.fields.contains_key("ItemsPath") => {
                self.path(part.fields, "ItemsPath", part.at).map(Items::Path)
            }
            QueryLanguage::Jsonata if part.fields.contains_key("Items") => self.items_template(part),
            _ => Some(Items::Input),
        }
    }

    fn items_template(&mut self, part: &Part<'_>) -> Option<Items> {
        let value = part.fields.get("Items")?;
        let expression = value.as_str().is_some_and(|text| crate::jsonata::inner(text).is_some());
        if !expression && !value.is_array() && !value.is_object() {
            self.schema(&format!("{}/Items", part.at), "Value must be an array or a JSONata expression in '{% %}'");
            return None;
        }
        self.template(part.fields, &part.site("Items")).map(Items::Template)
    }

    fn reader(&mut self, reader: &Value, part: &Part<'_>) -> Option<Reader> {
        let at = format!("{}/ItemReader", part.at);
        let fields = self.object(reader, &at)?;
        self.only(fields, &["Resource", "Parameters", "Arguments", "ReaderConfig"], &at);
        for name in fields.keys() {
            self.check_language(name, part.language, &at);
        }
        if !fields.contains_key("Resource") {
            self.schema(&at, "These fields are required: [Resource]");
            return None;
        }
        let resource = self.resource(fields, &at)?;
        let site = |field| Site { owner: &at, field, language: part.language, phase: Phase::Before };
        let arguments = self.template(fields, &site(arguments_field(part.language)));
        let config_at = format!("{at}/ReaderConfig");
        let mut max_items = None;
        if let Some(config) = fields.get("ReaderConfig") {
            let config = self.object(config, &config_at)?;
            let site = Site { owner: &config_at, field: "MaxItems", language: part.language, phase: Phase::Before };
            max_items = self.whole_number(config, &site, 0, 100_000_000);
            self.reader_config(config, &config_at);
        }
        let config = match fields.get("ReaderConfig").and_then(Value::as_object) {
            Some(config) => {
                let mut plain = config.clone();
                plain.shift_remove("MaxItems");
                plain.shift_remove("MaxItemsPath");
                let mut holder = Map::new();
                holder.insert("ReaderConfig".into(), Value::Object(plain));
                self.template(&holder, &site("ReaderConfig"))
            }
            None => None,
        };
        Some(Reader { resource, arguments, config, max_items })
    }

    fn reader_config(&mut self, config: &Map<String, Value>, at: &str) {
        const ALLOWED: [&str; 9] = [
            "InputType",
            "CSVHeaderLocation",
            "CSVHeaders",
            "CSVDelimiter",
            "MaxItems",
            "MaxItemsPath",
            "ItemsPointer",
            "Transformation",
            "ManifestType",
        ];
        self.only(config, &ALLOWED, at);
        for (field, values) in [
            ("InputType", &["CSV", "JSON", "JSONL", "MANIFEST", "PARQUET"][..]),
            ("ManifestType", &["ATHENA_DATA", "S3_INVENTORY"]),
        ] {
            if let Some(value) = self.string(config, field, at)
                && !values.contains(&value)
            {
                let list = values.join(", ");
                let words = format!("The field '{field}' should have one of these values: [{list}]");
                self.schema(&format!("{at}/{field}"), &words);
            }
        }
        if config.get("InputType").is_some_and(|kind| kind == "CSV") && !config.contains_key("CSVHeaderLocation") {
            self.schema(at, "These fields are required: [CSVHeaderLocation]");
        }
    }

    fn selector(&mut self, part: &Part<'_>) -> Option<crate::data::template::Template> {
        let name = if part.fields.contains_key("ItemSelector") { "ItemSelector" } else { "Parameters" };
        self.template(part.fields, &part.site(name))
    }

    fn percentage(&mut self, part: &Part<'_>) -> Option<Source<f64>> {
        const NAME: &str = "ToleratedFailurePercentage";
        const PATH: &str = "ToleratedFailurePercentagePath";
        self.one_of(part.fields, &[NAME, PATH], part.at);
        if part.fields.contains_key(PATH) {
            return self.reference(part.fields, PATH, part.at).map(Source::Path);
        }
        let value = part.fields.get(NAME)?;
        if part.language == QueryLanguage::Jsonata && value.is_string() {
            return self.jsonata_field(value, &part.site(NAME)).map(Source::Jsonata);
        }
        let location = format!("{}/{NAME}", part.at);
        match value.as_f64() {
            Some(percentage) if (0.0..=100.0).contains(&percentage) => Some(Source::Literal(percentage)),
            Some(percentage) if percentage < 0.0 => {
                self.schema(&location, "Minimum value is 0.0");
                None
            }
            Some(_) => {
                self.schema(&location, "Maximum value is 100.0");
                None
            }
            None => {
                self.schema(&location, "Expected value of type Number");
                None
            }
        }
    }
}

fn arguments_field(language: QueryLanguage) -> &'static str {
    match language {
        QueryLanguage::JsonPath => "Parameters",
        QueryLanguage::Jsonata => "Arguments",
    }
}

/// The code of a refused label; its fault has words of its own.
pub(crate) const LABEL_REFUSED: &str = "INVALID_LABEL";

/// Characters that no label may have. Source: developer guide, "Label".
fn is_forbidden(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "?*<>{}[]:;,\\|^~$#%&`\"".contains(c)
}
