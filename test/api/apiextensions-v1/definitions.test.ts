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
      's.properties[a].default: Invalid value: 1: s.properties[a].default in body must be of type string: "integer"',
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
      's.properties[l].items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
      's.properties[l].x-kubernetes-list-map-keys[1]: Invalid value: "z": entries must all be names of item properties',
    ],
    [
      'another list type',
      list({ 'x-kubernetes-list-type': 'bag' }),
      's.properties[l].x-kubernetes-list-type: Unsupported value: "bag": supported values: "atomic", "map", "set"',
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
      's.x-kubernetes-validations[0].reason: Unsupported value: "Bad": supported values: "FieldValueRequired", "FieldValueForbidden", "FieldValueInvalid", "FieldValueDuplicate"',
    ],
    [
      'metadata',
      { ...object, properties: { metadata: { type: 'object', properties: { labels: object } } } },
      's.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified',
    ],
    [
      'a default of another type',
      { ...object, properties: { a: { type: 'string', default: 1 } } },
      's.properties[a].default: Invalid value: 1: s.properties[a].default in body must be of type string: "integer"',
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
      's.properties[c].default: Invalid value: {"x":1}: must not have unknown fields, but has "x"',
    ],
  ];
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
      'spec.subresources.scale.labelSelectorPath: Invalid value: ".meta.c": should be a json path under either .status or .spec',
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
