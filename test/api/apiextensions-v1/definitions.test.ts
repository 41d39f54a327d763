import { expect } from 'chai';
import { customResourceDefinition as crd } from '../../../src/api/apiextensions-v1/custom-resource-definition.ts';
import { validateSchema } from '../../../src/api/apiextensions-v1/structural-schema.ts';
import { created, createErrors, NOW, statusErrors, updateErrors } from '../kind-cases.ts';

const object = { type: 'object' };
const version = (name = 'v1', more: object = {}) => ({
  name,
  served: true,
  storage: true,
  schema: { openAPIV3Schema: object },
  ...more,
});
const spec = { group: 'a.io', scope: 'Namespaced', names: { plural: 'foos', kind: 'Foo' }, versions: [version()] };
const named = { name: 'foos.a.io' };

describe('the rules of schemas', () => {
  const list = (more: object) => ({
    ...object,
    properties: { l: { type: 'array', items: { type: 'object', properties: { k: { type: 'string' } } }, ...more } },
  });
  const cases: [what: string, schema: any, ...errors: string[]][] = [
    [
      'nothing wrong',
      {
        ...object,
        properties: {
          a: { type: 'string', pattern: '^(?i)a\\-b$' },
          b: { 'x-kubernetes-int-or-string': true },
          c: { 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    ],
    ['no type at the root', {}, 's.type: Required value: must not be empty at the root'],
    [
      'a list at the root',
      { type: 'array', items: object },
      's.type: Invalid value: "array": must be object at the root',
    ],
    [
      'no type of a field',
      { ...object, properties: { a: {} } },
      's.properties[a].type: Required value: must not be empty for specified object fields',
    ],
    [
      'no type of items',
      { ...object, properties: { a: { type: 'array', items: {} } } },
      's.properties[a].items.type: Required value: must not be empty for specified array items',
    ],
    [
      'another type',
      { ...object, properties: { a: { type: 'text' } } },
      's.properties[a].type: Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string"',
    ],
    [
      'lists without items',
      { ...object, properties: { a: { type: 'array' } } },
      's.properties[a].items: Required value: must be specified',
    ],
    [
      'what cannot be pruned',
      {
        ...object,
        patternProperties: { a: object },
        properties: { a: { type: 'array', items: { type: 'string' }, uniqueItems: true } },
      },
      's.patternProperties: Forbidden: patternProperties is not supported',
      's.properties[a].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
    ],
    [
      'both kinds of properties',
      { ...object, properties: { a: { type: 'string' } }, additionalProperties: { type: 'string' } },
      's.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive',
      's.additionalProperties: Forbidden: must not be used at the root',
    ],
    [
      'types in value rules',
      { ...object, properties: { a: { type: 'string', anyOf: [{ type: 'string' }] } } },
      's.properties[a].anyOf[0].type: Forbidden: must be empty to be structural',
    ],
    [
      'numbers or texts',
      {
        ...object,
        properties: { a: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] } },
      },
    ],
    [
      'numbers or texts that are texts, as the definitions of volume snapshots have them',
      { ...object, properties: { a: { type: 'string', 'x-kubernetes-int-or-string': true } } },
    ],
    [
      'a number for such a text',
      { ...object, properties: { a: { type: 'string', 'x-kubernetes-int-or-string': true, default: 1 } } },
      's.properties[a].default: Invalid value: "integer":  in body must be of type string: "integer"',
    ],
    [
      'fields that only value rules have',
      { ...object, allOf: [{ properties: { a: { minLength: 1 } } }] },
      's.properties[a]: Required value: because it is defined in s.allOf[0].properties[a]',
    ],
    [
      'maps without keys',
      list({ 'x-kubernetes-list-type': 'map' }),
      's.properties[l].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map',
    ],
    [
      'keys that may be missing',
      list({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k', 'z'] }),
      's.properties[l].x-kubernetes-list-map-keys: Invalid value: ["k","z"]: entries must all be names of item properties',
      's.properties[l].items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
    ],
    [
      'another list type',
      list({ 'x-kubernetes-list-type': 'bag' }),
      's.properties[l].x-kubernetes-list-type: Unsupported value: "bag": supported values: "atomic", "set", "map"',
    ],
    [
      'objects that are no objects',
      { ...object, properties: { a: { type: 'string', 'x-kubernetes-embedded-resource': true } } },
      's.properties[a].type: Invalid value: "string": must be object if x-kubernetes-embedded-resource is true',
      's.properties[a].properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
    ],
    [
      'rules that say nothing',
      { ...object, 'x-kubernetes-validations': [{ rule: ' ', reason: 'Bad' }] },
      's.x-kubernetes-validations[0].rule: Required value: rule is not specified',
      's.x-kubernetes-validations[0].reason: Unsupported value: "Bad": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"',
    ],
    [
      'metadata',
      { ...object, properties: { metadata: { type: 'object', properties: { labels: object } } } },
      's.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified',
    ],
    [
      'a default of another type',
      { ...object, properties: { a: { type: 'string', default: 1 } } },
      's.properties[a].default: Invalid value: "integer":  in body must be of type string: "integer"',
    ],
    [
      'a default that is not whole',
      {
        ...object,
        properties: {
          a: { type: 'object', required: ['b'], properties: { b: { type: 'integer', maximum: 3 } }, default: {} },
          c: { type: 'object', properties: {}, default: { x: 1 } },
        },
      },
      's.properties[a].default.b: Required value',
      's.properties[c].default: Invalid value: {"x":1}: must not have unknown fields',
    ],
  ];
  const more: [what: string, schema: any, ...errors: string[]][] = [
    [
      'a schema that is nullable at the root',
      { ...object, nullable: true },
      's.nullable: Forbidden: nullable cannot be true at the root',
    ],
    [
      'a keyword that hides the structure',
      { ...object, $schema: 'x' },
      's: Invalid value: "": OpenAPIV3Schema \'schema\' is not supported',
    ],
    [
      'the type null',
      { ...object, properties: { a: { type: 'null' } } },
      's.properties[a].type: Unsupported value: "null": supported values: "array", "boolean", "integer", "number", "object", "string"',
      's.properties[a].type: Forbidden: type cannot be set to null, use nullable as an alternative',
    ],
    [
      'types in the first of all parts, for numbers or texts',
      {
        ...object,
        properties: {
          a: {
            'x-kubernetes-int-or-string': true,
            allOf: [{ anyOf: [{ type: 'integer' }, { type: 'string' }] }, { minLength: 1 }],
          },
        },
      },
    ],
    [
      'what parts may not say',
      {
        ...object,
        properties: { a: { type: 'string', not: { nullable: true, default: 'b', 'x-kubernetes-list-type': 'set' } } },
      },
      's.properties[a].not.x-kubernetes-list-type: Forbidden: must be undefined to be structural',
      's.properties[a].not.default: Forbidden: must be undefined to be structural',
      's.properties[a].not.nullable: Forbidden: must be false to be structural',
      's.properties[a].not.type: Required value: must be array if x-kubernetes-list-type is specified',
    ],
    [
      'metadata in parts',
      { ...object, properties: { metadata: object }, allOf: [{ properties: { metadata: { properties: {} } } }] },
      's.allOf[0].properties[metadata]: Forbidden: must not be specified in a nested context',
    ],
    [
      'defaults of metadata',
      { ...object, properties: { metadata: { ...object, properties: { name: { type: 'string', default: 'a' } } } } },
      's.properties[metadata].properties[name].default: Forbidden: must not be set in top-level metadata',
    ],
    [
      'types of what all objects have',
      {
        ...object,
        properties: { kind: { type: 'integer' }, apiVersion: { type: 'boolean' }, metadata: { type: 'string' } },
      },
      's.properties[apiVersion].type: Invalid value: "boolean": must be string',
      's.properties[kind].type: Invalid value: "integer": must be string',
      's.properties[metadata].type: Invalid value: "string": must be object',
    ],
    [
      'patterns that Go does not know',
      { ...object, properties: { a: { type: 'string', pattern: 'a(?=b)' } } },
      's.properties[a].pattern: Invalid value: "a(?=b)": must be a valid regular expression, but isn\'t: error parsing regexp: invalid or unsupported Perl syntax: `(?=`',
    ],
    [
      'patterns that are none',
      { ...object, properties: { a: { type: 'string', pattern: '(' } } },
      's.properties[a].pattern: Invalid value: "(": must be a valid regular expression, but isn\'t: error parsing regexp: missing closing ): `(`',
    ],
    [
      'objects in objects, by default',
      {
        ...object,
        properties: {
          a: {
            ...object,
            'x-kubernetes-embedded-resource': true,
            'x-kubernetes-preserve-unknown-fields': true,
            default: { kind: 'a b' },
          },
        },
      },
      's.properties[a].default.apiVersion: Required value: must not be empty',
      "s.properties[a].default.kind: Invalid value: \"a b\": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
    ],
    [
      'values in defaults',
      {
        ...object,
        properties: {
          a: {
            ...object,
            properties: {
              n: { type: 'integer', minimum: 1, exclusiveMinimum: true, multipleOf: 2 },
              t: { type: 'string', minLength: 3 },
            },
            default: { n: 1, t: 'ab' },
          },
        },
      },
      's.properties[a].default.n: Invalid value: 1: n in body should be greater than 1',
      's.properties[a].default.n: Invalid value: 1: n in body should be a multiple of 2',
      's.properties[a].default.t: Invalid value: "ab": t in body should be at least 3 chars long',
    ],
    [
      'members of sets and keys of maps',
      {
        ...object,
        properties: {
          s: { type: 'array', 'x-kubernetes-list-type': 'set', items: { ...object, nullable: true } },
          m: {
            type: 'array',
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['k', 'k'],
            items: { ...object, properties: { k: { ...object, nullable: true, default: {} } } },
          },
        },
      },
      's.properties[m].items.properties[k].nullable: Forbidden: this property is in x-kubernetes-list-map-keys, so it cannot be nullable',
      's.properties[m].items.properties[k].type: Invalid value: "object": must be a scalar type if parent array\'s x-kubernetes-list-type is map',
      's.properties[m].x-kubernetes-list-map-keys: Invalid value: ["k","k"]: must not contain duplicate entries',
      's.properties[s].items.nullable: Forbidden: cannot be nullable when x-kubernetes-list-type is set',
      's.properties[s].items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set',
    ],
  ];
  for (const [what, schema, ...errors] of more) {
    it(`know of ${what}`, () =>
      expect([...new Set(validateSchema(schema, 's').map((e) => `${e.field}: ${e.message}`))]).to.have.members(errors));
  }

  for (const [what, schema, ...errors] of cases) {
    it(`know of ${what}`, () =>
      expect(validateSchema(schema, 's').map((e) => `${e.field}: ${e.message}`)).to.deep.equal(errors));
  }

  it('end with a schema that goes too deep', () => {
    let deep: any = { type: 'object' };
    for (let i = 0; i < 10_000; i++) deep = { type: 'object', properties: { a: deep } };
    expect(validateSchema(deep, 's')[0]!.message).to.match(/nested more than/);
  });
});

describe('the rules of definitions', () => {
  const cases: [what: string, more: object, ...errors: string[]][] = [
    ['nothing wrong', {}],
    [
      'names in capitals',
      { names: { plural: 'foos', kind: 'Foo', singular: 'Foo', shortNames: ['F'] } },
      ...['singular', 'shortNames[0]'].map(
        (field, i) =>
          `spec.names.${field}: Invalid value: "${['Foo', 'F'][i]}": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
      ),
    ],
    [
      'a list called like its items',
      { names: { plural: 'foos', kind: 'Foo', listKind: 'Foo' } },
      'spec.names.listKind: Invalid value: "Foo": kind and listKind may not be the same',
    ],
    [
      'unknown fields kept',
      { preserveUnknownFields: true },
      'spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
    ],
    [
      'no schema',
      { versions: [version('v1', { schema: undefined })] },
      'spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required',
    ],
    [
      'two versions that are stored',
      { versions: [version(), version('v2')] },
      'spec.versions: Invalid value: ["v1","v2"]: must have exactly one version marked as storage version',
      'status.storedVersions: Invalid value: ["v1"]: must have the storage version v2',
    ],
    [
      'one version twice',
      { versions: [version(), version('v1', { storage: false })] },
      'spec.versions: Invalid value: ["v1","v1"]: must contain unique version names',
    ],
    [
      'what all versions say, once',
      {
        versions: [
          version('v1', { schema: { openAPIV3Schema: {} } }),
          version('v2', { storage: false, schema: { openAPIV3Schema: {} } }),
        ],
      },
      'spec.validation.openAPIV3Schema.type: Required value: must not be empty at the root',
    ],
    [
      'what versions say differently, each',
      { versions: [version(), version('v2', { storage: false, schema: { openAPIV3Schema: {} } })] },
      'spec.versions[1].schema.openAPIV3Schema.type: Required value: must not be empty at the root',
    ],
    [
      'columns',
      { versions: [version('v1', { additionalPrinterColumns: [{ name: 'A', type: 'text', jsonPath: 'spec.a' }] })] },
      'spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string',
      'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "spec.a": must be a simple json path starting with .',
    ],
    [
      'scale',
      {
        versions: [
          version('v1', {
            subresources: {
              scale: { specReplicasPath: '.status.a', statusReplicasPath: '.status.b', labelSelectorPath: '.meta.c' },
            },
          }),
        ],
      },
      'spec.subresources.scale.specReplicasPath: Invalid value: ".status.a": should be a json path under .spec',
      'spec.subresources.scale.labelSelectorPath: Invalid value: ".meta.c": should be a json path under either .spec or .status',
    ],
    [
      'selectable fields',
      { versions: [version('v1', { selectableFields: [{ jsonPath: '.metadata.x' }, { jsonPath: '.spec' }] })] },
      'spec.selectableFields[0].jsonPath: Invalid value: ".metadata.x": must not point to fields in metadata',
      'spec.selectableFields[1].jsonPath: Invalid value: ".spec": does not refer to a valid field',
    ],
    [
      'conversion',
      { conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v9'], clientConfig: {} } } },
      'spec.conversion.webhookClientConfig: Required value: exactly one of url or service is required',
      'spec.conversion.conversionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1',
    ],
    [
      'a group of the project without its approval',
      { group: 'x.k8s.io' },
      'metadata.name: Invalid value: "foos.a.io": must be spec.names.plural+"."+spec.group',
      'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
    ],
    [
      'a root that says more than it may beside a status',
      {
        versions: [
          version('v1', { subresources: { status: {} }, schema: { openAPIV3Schema: { ...object, minProperties: 1 } } }),
        ],
      },
      'spec.validation.openAPIV3Schema: Invalid value: {"type":"object","minProperties":1}: only [Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations] fields are allowed at the root of the schema if the status subresource is enabled',
    ],
    [
      'versions and warnings that are no such',
      { versions: [version('V1', { deprecated: true, deprecationWarning: 'a\nb' })] },
      ...['spec.versions[0].name', 'spec.version'].map(
        (field) =>
          `${field}: Invalid value: "V1": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
      ),
      'spec.versions[0].deprecationWarning: Invalid value: "a\\nb": must only contain printable UTF-8 characters; non-printable character found at index 1',
    ],
    [
      'a warning of what is not deprecated',
      { versions: [version('v1', { deprecationWarning: 'old' })] },
      'spec.versions[0].deprecationWarning: Invalid value: "old": can only be set for deprecated versions',
    ],
  ];
  for (const [what, more, ...errors] of cases) {
    it(`know of ${what}`, () =>
      expect(createErrors(crd, { metadata: named, spec: { ...spec, ...more } })).to.deep.equal(errors));
  }

  it('let a schema be as bad as it was', () => {
    const bad = created(crd, {
      metadata: named,
      spec: { ...spec, versions: [version('v1', { schema: { openAPIV3Schema: {} } })] },
    });
    expect(crd.validate!(bad)).to.have.length(1);
    expect(crd.validate!(bad, bad)).to.deep.equal([]);
  });

  it('keep names, and the scope of what is served', () => {
    const next = { ...spec, group: 'b.io', scope: 'Cluster' };
    expect(updateErrors(crd, { spec }, { spec: next })).to.deep.equal([
      'spec.group: Invalid value: "b.io": field is immutable',
    ]);
    const old = created(crd, { spec });
    const served = { ...old, status: { conditions: [{ type: 'Established', status: 'True' }] } };
    expect(crd.validateUpdate!(created(crd, { spec: { ...spec, scope: 'Cluster' } }), served)).to.have.length(1);
  });

  it('remember every version in which objects were stored', () => {
    const old = created(crd, { spec });
    const next = created(crd, { spec: { ...spec, versions: [version('v2')] } });
    crd.prepareForUpdate!(next, old, { now: NOW, user: 'a', subresource: '' });
    expect(next.status.storedVersions).to.deep.equal(['v1', 'v2']);
    expect(
      crd.validate!({ ...next, metadata: { ...next.metadata, ...named } }, old).map((e) => `${e.field}: ${e.message}`),
    ).to.deep.equal(['status.storedVersions[0]: Invalid value: "v1": must appear in spec.versions']);
    expect(statusErrors(crd, {}, { storedVersions: ['v2'] }, { spec })).to.deep.equal([
      'status.storedVersions[0]: Invalid value: "v2": must appear in spec.versions',
      'status.storedVersions: Invalid value: ["v2"]: must have the storage version v1',
    ]);
  });

  it('warn of formats that nobody knows, once', () => {
    const schema = {
      openAPIV3Schema: {
        ...object,
        properties: { a: { type: 'string', format: 'shoe' }, b: { type: 'integer', format: 'int32' } },
      },
    };
    const made = created(crd, { spec: { ...spec, versions: [version('v1', { schema })] } });
    expect(crd.warnings!(made)).to.deep.equal(['unrecognized format "shoe"']);
    expect(crd.warnings!(made, made)).to.deep.equal([]);
  });
});
