import type { AllFieldValues } from '../../api/definitions.ts';
import { ProtobufCodec } from '../../apimachinery/protobuf/codec.ts';
import type { MessageFacts } from '../../apimachinery/protobuf/fields.ts';
import type { Content } from './content.ts';
import { any, extensions, mapField, named, prefix, type Json } from './protobuf-maps.ts';
import { securitySchemes, v3Head, v3Paths, v3Schemas } from './v3.ts';

/** The spelling that answers carry; `proto-openapi.spec.v3@v1.0` is the older one. */
export const v3ProtobufType = 'application/com.github.proto-openapi.spec.v3.v1.0+protobuf';

/** The messages of OpenAPI 3 as gnostic defines them, as far as our documents need them. */
export const v3Messages: MessageFacts = {
  'openapi.v3': {
    Document: 'openapi:1:string info:2:Info paths:4:Paths components:5:Components',
    Info: 'title:1:string version:6:string',
    Paths: 'path:1:[]NamedPathItem',
    NamedPathItem: 'name:1:string value:2:PathItem',
    PathItem:
      'get:4:Operation put:5:Operation post:6:Operation delete:7:Operation options:8:Operation head:9:Operation patch:10:Operation parameters:13:[]ParameterOrReference',
    Operation:
      'tags:1:[]string description:3:string operationId:5:string parameters:6:[]ParameterOrReference requestBody:7:RequestBodyOrReference responses:8:Responses specificationExtension:13:[]NamedAny',
    ParameterOrReference: 'parameter:1:Parameter',
    Parameter: 'name:1:string in:2:string description:3:string required:4:bool schema:10:SchemaOrReference',
    RequestBodyOrReference: 'requestBody:1:RequestBody',
    RequestBody: 'content:2:MediaTypes required:3:bool',
    MediaTypes: 'additionalProperties:1:[]NamedMediaType',
    NamedMediaType: 'name:1:string value:2:MediaType',
    MediaType: 'schema:1:SchemaOrReference',
    Responses: 'responseOrReference:2:[]NamedResponseOrReference',
    NamedResponseOrReference: 'name:1:string value:2:ResponseOrReference',
    ResponseOrReference: 'response:1:Response',
    Response: 'description:1:string content:3:MediaTypes',
    Components: 'schemas:1:SchemasOrReferences securitySchemes:7:SecuritySchemes',
    SchemasOrReferences: 'additionalProperties:1:[]NamedSchemaOrReference',
    NamedSchemaOrReference: 'name:1:string value:2:SchemaOrReference',
    SchemaOrReference: 'schema:1:Schema reference:2:Reference',
    Reference: '$ref:1:string',
    Schema:
      'uniqueItems:20:bool required:23:[]string enum:24:[]Any type:25:string allOf:26:[]SchemaOrReference oneOf:27:[]SchemaOrReference items:30:Items properties:31:Properties additionalProperties:32:AdditionalProperties default:33:Default description:34:string format:35:string specificationExtension:36:[]NamedAny',
    Items: 'schemaOrReference:1:[]SchemaOrReference',
    Properties: 'additionalProperties:1:[]NamedSchemaOrReference',
    AdditionalProperties: 'schemaOrReference:1:SchemaOrReference boolean:2:bool',
    Default: 'number:1:double boolean:2:bool string:3:string',
    SecuritySchemes: 'additionalProperties:1:[]NamedSecurityScheme',
    NamedSecurityScheme: 'name:1:string value:2:SecuritySchemeOrReference',
    SecuritySchemeOrReference: 'securityScheme:1:SecurityScheme',
    SecurityScheme: 'type:1:string description:2:string name:3:string in:4:string',
    NamedAny: 'name:1:string value:2:Any',
    Any: 'yaml:2:string',
  },
};

/** The document as a protobuf message, piece by piece. */
export function* v3Protobuf(content: Content, serverVersion: string, values: AllFieldValues): Generator<Buffer> {
  const codec = new ProtobufCodec(v3Messages);
  const entry = (type: string, name: string, value: Json) => codec.encode(`openapi.v3.${type}`, { name, value });
  yield codec.encode('openapi.v3.Document', v3Head(serverVersion));
  yield* mapField(4, 1, v3Paths(content), (name, item) => entry('NamedPathItem', name, pathItem(item)));
  const components: Buffer[] = [];
  for (const piece of mapField(1, 1, v3Schemas(content.schemas(), values), (name, one) =>
    entry('NamedSchemaOrReference', name, schemaOrReference(one)),
  )) {
    components.push(piece);
    yield Buffer.alloc(0);
  }
  components.push(
    codec.encode('openapi.v3.Components', {
      securitySchemes: { additionalProperties: named(securitySchemes, (securityScheme) => ({ securityScheme })) },
    }),
  );
  yield prefix(
    5,
    components.reduce((sum, part) => sum + part.length, 0),
  );
  yield* components;
}

function pathItem({ parameters = [], ...operations }: Json): Json {
  const item: Json = { parameters: parameters.map(parameter) };
  for (const [method, one] of Object.entries(operations)) item[method] = operation(one);
  return item;
}

function operation(one: Json): Json {
  const { requestBody, parameters = [], responses } = one;
  return {
    tags: one['tags'],
    description: one['description'],
    operationId: one['operationId'],
    parameters: parameters.map(parameter),
    ...(requestBody && {
      requestBody: { requestBody: { required: requestBody.required, content: content(requestBody.content) } },
    }),
    responses: { responseOrReference: named(responses, (r) => ({ response: response(r) })) },
    specificationExtension: extensions(one),
  };
}

function parameter(one: Json): Json {
  return { parameter: { ...one, schema: schemaOrReference(one['schema']) } };
}

function response({ description, content: types }: Json): Json {
  return { description, ...(types && { content: content(types) }) };
}

function content(types: Json): Json {
  return { additionalProperties: named(types, (type) => ({ schema: schemaOrReference(type.schema) })) };
}

function schemaOrReference(one: Json): Json {
  return '$ref' in one ? { reference: { $ref: one['$ref'] } } : { schema: schema(one) };
}

/** The form has no room for defaults that are objects. */
function schema(one: Json): Json {
  const { items, properties, additionalProperties: rest, allOf, oneOf, default: value } = one;
  const plain = typeof value === 'object' ? undefined : value;
  return {
    type: one['type'],
    format: one['format'],
    description: one['description'],
    required: one['required'],
    uniqueItems: one['uniqueItems'],
    ...(one['enum'] && { enum: one['enum'].map(any) }),
    ...(plain !== undefined && { default: { [typeof plain]: plain } }),
    ...(items && { items: { schemaOrReference: [schemaOrReference(items)] } }),
    ...(allOf && { allOf: allOf.map(schemaOrReference) }),
    ...(oneOf && { oneOf: oneOf.map(schemaOrReference) }),
    ...(properties && { properties: { additionalProperties: named(properties, schemaOrReference) } }),
    ...(rest !== undefined && {
      additionalProperties:
        typeof rest === 'boolean' ? { boolean: rest } : { schemaOrReference: schemaOrReference(rest) },
    }),
    specificationExtension: extensions(one),
  };
}
