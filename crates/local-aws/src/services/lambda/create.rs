//! CreateFunction.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::code;
use super::function::{FUNCTIONS, Function, Settings, Version, revision};
use super::input::{self, LambdaFault, constraint, invalid, only};
use super::name::FunctionName;
use super::{settings, tag, version};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// CreateFunction: checks everything first, so that a refused function leaves nothing behind.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let own = ["FunctionName", "Code", "PackageType", "Publish", "Tags"];
    only(&call, &[&own[..], settings::MEMBERS].concat())?;
    let name = FunctionName::of(&cloud, &call)?;
    settings::check_new_name(&name.name)?;
    if let Some(kind) = input::text(&call.input, "PackageType")?.filter(|kind| *kind != "Zip") {
        return Err(match kind {
            "Image" => {
                invalid("the local AWS does not run container images (PackageType Image); see docs/local-aws.md")
            }
            other => constraint(other, "packageType", "Member must satisfy enum value set: [Zip, Image]"),
        });
    }
    if cloud.store.get::<Function>(FUNCTIONS, &name.key())?.is_some() {
        return Err(already_there(&name.name));
    }
    let mut settings = Settings::new();
    input::required(&call.input, "Role")?;
    settings.change(&cloud, &call).await?;
    if settings.runtime.is_empty() || settings.handler.is_empty() {
        return Err(invalid(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
        ));
    }
    let tags = tag::read(&call.input["Tags"])?;
    let code = code::bring(&cloud, &call, &call.input["Code"]).await?;
    code::layers_directory(&cloud, &settings).await?;
    let latest = Version { code, settings, revision_id: revision(), last_modified_ms: cloud.clock.now_ms() };
    let mut function = new(name, latest, tags);
    let _edit = cloud.lambda.edit();
    // Code was brought meanwhile; another call may have been quicker.
    if cloud.store.get::<Function>(FUNCTIONS, &format!("{}/{}", function.region, function.name))?.is_some() {
        return Err(already_there(&function.name));
    }
    let shape = if input::flag(&call.input, "Publish")?.unwrap_or(false) {
        version::add(&cloud, &mut function, None)?
    } else {
        function.configuration(&cloud, "$LATEST", &function.latest, false)
    };
    function.save(&cloud)?;
    Ok(Output::json(shape).with_status(201))
}

fn new(name: FunctionName, latest: Version, tags: BTreeMap<String, String>) -> Function {
    Function {
        name: name.name,
        region: name.region,
        latest,
        versions: BTreeMap::new(),
        last_version: 0,
        aliases: BTreeMap::new(),
        tags,
        policies: BTreeMap::new(),
        reserved_concurrency: None,
        provisioned_concurrency: BTreeMap::new(),
        event_invoke: BTreeMap::new(),
        urls: BTreeMap::new(),
    }
}

fn already_there(name: &str) -> Fault {
    Fault::sender("ResourceConflictException", format!("Function already exist: {name}")).with_status(409).typed("User")
}
