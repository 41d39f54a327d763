import { ProtobufCodec } from '../../apimachinery/protobuf/codec.ts';
import type { MessageFacts } from '../../apimachinery/protobuf/fields.ts';
import type { Content } from './content.ts';
import { any, extensions, mapField, named, type Json } from './protobuf-maps.ts';
import { v2Definitions, v2Head, v2Paths } from './v2.ts';

/** The spelling that answers carry; `proto-openapi.spec.v2@v1.0` is the older one, which clients ask for. */
export const v2ProtobufType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/** The messages of OpenAPI 2 as gnostic defines them, as far as our documents need them. */
export const v2Messages: MessageFacts = {
  'openapi.v2': {
    Document: 'swagger:1:string info:2:Info paths:8:Paths definitions:9:Definitions',
    Info: 'title:1:string version:2:string',
    Paths: 'path:2:[]NamedPathItem',
    NamedPathItem: 'name:1:string value:2:PathItem',
    PathItem:
      'get:2:Operation put:3:Operation post:4:Operation delete:5:Operation options:6:Operation head:7:Operation patch:8:Operation parameters:9:[]ParametersItem',
    Operation:
      'tags:1:[]string description:3:string operationId:5:string produces:6:[]string consumes:7:[]string parameters:8:[]ParametersItem responses:9:Responses schemes:10:[]string vendorExtension:13:[]NamedAny',
    ParametersItem: 'parameter:1:Parameter',
    Parameter: 'bodyParameter:1:BodyParameter nonBodyParameter:2:NonBodyParameter',
    BodyParameter: 'description:1:string name:2:string in:3:string required:4:bool schema:5:Schema',
    NonBodyParameter: 'query:3:QueryParameter path:4:PathParameter',
    QueryParameter: 'required:1:bool in:2:string description:3:string name:4:string type:6:string',
    PathParameter: 'required:1:bool in:2:string description:3:string name:4:string type:5:string',
    Responses: 'responseCode:1:[]NamedResponse',
    NamedResponse: 'name:1:string value:2:ResponseValue',
    ResponseValue: 'response:1:Response',
    Response: 'description:1:string schema:2:SchemaItem',
    SchemaItem: 'schema:1:Schema',
    Definitions: 'additionalProperties:1:[]NamedSchema',
    NamedSchema: 'name:1:string value:2:Schema',
    Schema:
      '$ref:1:string format:2:string description:4:string default:5:Any required:19:[]string enum:20:[]Any additionalProperties:21:AdditionalProperties type:22:TypeItem items:23:Items allOf:24:[]Schema properties:25:Properties vendorExtension:31:[]NamedAny',
    AdditionalProperties: 'schema:1:Schema boolean:2:bool',
    TypeItem: 'value:1:[]string',
    Items: 'schema:1:[]Schema',
    Properties: 'additionalProperties:1:[]NamedSchema',
    NamedAny: 'name:1:string value:2:Any',
    Any: 'yaml:2:string',
  },
};

/** The document as a protobuf message (Go clients read OpenAPI 2 in no other form), piece by piece. */
export function* v2Protobuf(content: Content, serverVersion: string): Generator<Buffer> {
  const codec = new ProtobufCodec(v2Messages);
  const entry = (type: string, name: string, value: Json) => codec.encode(`openapi.v2.${type}`, { name, value });
  yield codec.encode('openapi.v2.Document', v2Head(serverVersion));
  yield* mapField(8, 2, v2Paths(content), (name, item) => entry('NamedPathItem', name, pathItem(item)));
  yield* mapField(9, 1, v2Definitions(content.schemas()), (name, one) => entry('NamedSchema', name, schema(one)));
}

function pathItem({ parameters = [], ...operations }: Json): Json {
  const item: Json = { parameters: parameters.map(parameter) };
  for (const [method, one] of Object.entries(operations)) item[method] = operation(one);
  return item;
}

function operation(one: Json): Json {
  return {
    ...one,
    parameters: (one['parameters'] ?? []).map(parameter),
    responses: { responseCode: named(one['responses'], (r) => ({ response: response(r) })) },
    vendorExtension: extensions(one),
  };
}

function parameter(one: Json): Json {
  if (one['in'] === 'body') return { parameter: { bodyParameter: { ...one, schema: schema(one['schema']) } } };
  return { parameter: { nonBodyParameter: { [one['in']]: one } } };
}

function response({ description, schema: body }: Json): Json {
  return { description, ...(body && { schema: { schema: schema(body) } }) };
}

function schema(one: Json): Json {
  const { type, items, properties, additionalProperties: rest, allOf } = one;
  return {
    $ref: one['$ref'],
    format: one['format'],
    description: one['description'],
    required: one['required'],
    ...(one['default'] !== undefined && { default: any(one['default']) }),
    ...(one['enum'] && { enum: one['enum'].map(any) }),
    ...(type && { type: { value: [type].flat() } }),
    ...(items && { items: { schema: [schema(items)] } }),
    ...(allOf && { allOf: allOf.map(schema) }),
    ...(properties && { properties: { additionalProperties: named(properties, schema) } }),
    ...(rest !== undefined && {
      additionalProperties: typeof rest === 'boolean' ? { boolean: rest } : { schema: schema(rest) },
    }),
    vendorExtension: extensions(one),
  };
}
