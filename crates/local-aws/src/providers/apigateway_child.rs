//! Parts of a REST API that have an id of their own and no parts: what their providers share.

use serde_json::{Value, json};

use super::member::{answered, found, gone, lowered, required, there};
use crate::engine::journal::Live;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::Schema;
use crate::wire::Fault;

/// One kind of part, by its operations and the member that holds its id.
pub struct Child {
    pub create: &'static str,
    pub get: &'static str,
    pub delete: &'static str,
    /// The member with the id in the other operations.
    pub id: &'static str,
    /// The member with the id in what `create` answers.
    pub answer: &'static str,
    /// The attribute with the id.
    pub attribute: Option<&'static str>,
}

impl Child {
    /// Creates the part from all of its properties.
    ///
    /// # Errors
    /// The service's fault.
    pub async fn create(&self, context: &Context, schema: &Schema, properties: &Value) -> Result<Made, Fault> {
        let input = Value::Object(lowered(schema, properties));
        let output = context.invoke("apigateway", self.create, input).await?;
        Ok(self.made(&answered(&output, &format!("/{}", self.answer))?))
    }

    /// The part of this id.
    pub fn made(&self, id: &str) -> Made {
        match self.attribute {
            Some(attribute) => Made::new(id).with(attribute, id),
            None => Made::new(id),
        }
    }

    /// The members that say which part it is.
    pub fn target(&self, id: &str, properties: &Value) -> Value {
        let mut target = json!({ self.id: id });
        let api = required(properties, "RestApiId");
        if !api.is_empty() {
            target["restApiId"] = Value::from(api);
        }
        target
    }

    /// Deletes the part.
    ///
    /// # Errors
    /// The service's fault.
    pub async fn delete(&self, context: &Context, live: &Live) -> Result<(), Fault> {
        gone(context.invoke("apigateway", self.delete, self.target(&live.physical, &live.properties)).await)
    }

    /// The part as it is.
    ///
    /// # Errors
    /// The service's fault.
    pub async fn read(&self, context: &Context, physical: &str, properties: &Value) -> Result<Option<Found>, Fault> {
        let answer = there(context.invoke("apigateway", self.get, self.target(physical, properties)).await)?;
        Ok(answer.and_then(|_| found(self.made(physical))))
    }
}
