//! Things of API Gateway v2: what their providers share. Properties are the API's members, under the same names.

use serde_json::{Map, Value, json};

use super::member::{answered, found, gone, required, there};
use crate::engine::journal::Live;
use crate::engine::provider::{Context, Found, Made};
use crate::wire::Fault;

/// One kind of thing, by its operations and the member that holds its id.
pub struct Part {
    pub create: &'static str,
    pub update: &'static str,
    pub get: &'static str,
    pub delete: &'static str,
    /// The member with the id: in what `create` answers, and in the other operations.
    pub id: &'static str,
    /// Attributes and the members of the answer that give them.
    pub attributes: &'static [(&'static str, &'static str)],
}

impl Part {
    /// Creates the thing.
    ///
    /// # Errors
    /// The service's fault.
    pub async fn create(&self, context: &Context, input: Map<String, Value>) -> Result<Made, Fault> {
        let output = context.invoke("apigatewayv2", self.create, Value::Object(input)).await?;
        self.made(&output)
    }

    /// Changes the thing; what it is to have no longer is set to nothing.
    ///
    /// # Errors
    /// The service's fault.
    pub async fn update(&self, context: &Context, live: &Live, input: Map<String, Value>) -> Result<Made, Fault> {
        let mut changed = self.target(&live.physical, &live.properties);
        for (name, value) in input {
            if live.properties.get(&name) != Some(&value) {
                changed[name] = value;
            }
        }
        let output = context.invoke("apigatewayv2", self.update, changed).await?;
        self.made(&output)
    }

    fn made(&self, output: &Value) -> Result<Made, Fault> {
        let made = Made::new(answered(output, &format!("/{}", self.id))?);
        Ok(self
            .attributes
            .iter()
            .fold(made, |made, (name, member)| made.with(name, output.get(*member).cloned().unwrap_or_default())))
    }

    fn target(&self, id: &str, properties: &Value) -> Value {
        let mut target = json!({ self.id: id });
        if self.id != "ApiId" {
            target["ApiId"] = Value::from(required(properties, "ApiId"));
        }
        target
    }

    /// Deletes the thing.
    ///
    /// # Errors
    /// The service's fault.
    pub async fn delete(&self, context: &Context, live: &Live) -> Result<(), Fault> {
        gone(context.invoke("apigatewayv2", self.delete, self.target(&live.physical, &live.properties)).await)
    }

    /// The thing as it is.
    ///
    /// # Errors
    /// The service's fault.
    pub async fn read(&self, context: &Context, physical: &str, properties: &Value) -> Result<Option<Found>, Fault> {
        match there(context.invoke("apigatewayv2", self.get, self.target(physical, properties)).await)? {
            Some(output) => Ok(found(self.made(&output)?)),
            None => Ok(None),
        }
    }
}
