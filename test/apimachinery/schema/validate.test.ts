import { expect } from 'chai';
import { definitions } from '../../../src/api/definitions.ts';
import { unsetZerosOf } from '../../../src/api/protobuf.ts';
import { ApiError } from '../../../src/apimachinery/api-error.ts';
import { Decoder, type DecodeOptions } from '../../../src/apimachinery/schema/validate.ts';

const decoder = new Decoder(definitions(), unsetZerosOf);

function target(group: string, kind: string, version = 'v1') {
  return { version, kind, definition: `io.k8s.api.${group}.${version}.${kind}` };
}

const deployment = target('apps', 'Deployment');
const pod = target('core', 'Pod');
const configMap = target('core', 'ConfigMap');

function errorOf(fn: () => unknown): ApiError {
  try {
    fn();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

const container = (c: object) => ({ spec: { containers: [c] } });

describe('Decoder', () => {
  const mismatches: [string, object, typeof pod, string][] = [
    [
      'text for int32',
      { spec: { replicas: 'x' } },
      deployment,
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'a fraction',
      { spec: { replicas: 1.5 } },
      deployment,
      'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'too much for int32',
      { spec: { replicas: 2 ** 31 } },
      deployment,
      'json: cannot unmarshal number 2147483648 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'a number for text',
      container({ env: [{ name: 'a', value: 1 }] }),
      pod,
      'json: cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value of type string',
    ],
    [
      'a number in a map',
      { metadata: { labels: { a: 1 } } },
      pod,
      'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
    ],
    [
      'text for bool',
      { immutable: 'yes' },
      configMap,
      'json: cannot unmarshal string into Go struct field ConfigMap.immutable of type bool',
    ],
    [
      'an object for a list',
      { spec: { containers: {} } },
      pod,
      'json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container',
    ],
    [
      'a list for an object',
      { spec: [] },
      pod,
      'json: cannot unmarshal array into Go struct field Pod.spec of type v1.PodSpec',
    ],
    [
      'text for a map',
      { data: 'x' },
      configMap,
      'json: cannot unmarshal string into Go struct field ConfigMap.data of type map[string]string',
    ],
    ['bad base64', { binaryData: { a: '!' } }, configMap, 'illegal base64 data at input byte 0'],
    [
      'a bad quantity',
      container({ resources: { limits: { cpu: 'much' } } }),
      pod,
      'quantities must match the regular expression',
    ],
    [
      'an object for a quantity',
      container({ resources: { limits: { cpu: {} } } }),
      pod,
      'quantities must match the regular expression',
    ],
    [
      'a bool for int-or-string',
      container({ livenessProbe: { httpGet: { port: true } } }),
      pod,
      'json: cannot unmarshal bool into Go value of type int32',
    ],
    ['a bad time', { metadata: { creationTimestamp: 'now' } }, pod, 'parsing time "now"'],
    [
      'a number for a time',
      { metadata: { creationTimestamp: 5 } },
      pod,
      'json: cannot unmarshal number into Go value of type string',
    ],
    [
      'an int64 that lost digits',
      { metadata: { generation: 2 ** 53 } },
      pod,
      'json: cannot unmarshal number 9007199254740992 into Go struct field ObjectMeta.metadata.generation of type int64',
    ],
  ];
  for (const [what, value, kind, message] of mismatches) {
    it(`refuses ${what}`, () => {
      const error = errorOf(() => decoder.decode(value, kind));
      expect(error.code).to.equal(400);
      expect(error.message).to.include(`${kind.kind} in version "v1" cannot be handled as a ${kind.kind}: ${message}`);
    });
  }

  for (const value of [[], 'x', 5, null, true]) {
    it(`refuses ${JSON.stringify(value)} as a whole object`, () => {
      expect(errorOf(() => decoder.decode(value, pod)).message).to.match(/into Go value of type v1.Pod$/);
    });
  }

  const cleaned: [string, object, typeof pod, object][] = [
    [
      'drops nulls',
      { metadata: { name: 'a', creationTimestamp: null }, spec: null, status: {} },
      pod,
      { metadata: { name: 'a' }, status: {} },
    ],
    ['makes nulls in maps and lists empty', { data: { a: null } }, configMap, { data: { a: '' } }],
    [
      'drops unknown fields',
      { metadata: { nmae: 'x' }, data: { a: '1' }, dta: 1 },
      configMap,
      { metadata: {}, data: { a: '1' } },
    ],
    [
      'drops lists and maps that are empty',
      { metadata: { labels: {}, finalizers: [] }, data: {} },
      configMap,
      { metadata: {} },
    ],
    [
      'keeps those that an object must have',
      { spec: { containers: [], volumes: [] } },
      pod,
      { spec: { containers: [] } },
    ],
    [
      'keeps objects that are empty',
      { spec: { containers: [], securityContext: {} } },
      pod,
      { spec: { containers: [], securityContext: {} } },
    ],
    [
      'keeps an empty list of managers, which asks to forget them',
      { metadata: { managedFields: [] } },
      pod,
      { metadata: { managedFields: [] } },
    ],
    [
      'drops what says nothing',
      container({ name: 'c', tty: false, workingDir: '', ports: [{ containerPort: 0, hostPort: 0, name: '' }] }),
      pod,
      container({ name: 'c', ports: [{ containerPort: 0 }] }),
    ],
    [
      'keeps what says something although it is off',
      {
        spec: { containers: [], hostNetwork: false, hostUsers: false, terminationGracePeriodSeconds: 0, hostname: '' },
      },
      pod,
      { spec: { containers: [], hostUsers: false, terminationGracePeriodSeconds: 0 } },
    ],
    [
      'drops fields named like members of Object',
      { constructor: 1, toString: 2, data: { constructor: 'x' } },
      configMap,
      { data: { constructor: 'x' } },
    ],
    [
      'canonicalises quantities',
      container({ resources: { limits: { cpu: 1.5, memory: '1024Mi' } } }),
      pod,
      container({ resources: { limits: { cpu: '1500m', memory: '1Gi' } } }),
    ],
    [
      'keeps ports by number and by name',
      container({ livenessProbe: { httpGet: { port: 'http' } }, readinessProbe: { httpGet: { port: 80 } } }),
      pod,
      container({ livenessProbe: { httpGet: { port: 'http' } }, readinessProbe: { httpGet: { port: 80 } } }),
    ],
    [
      'puts times into UTC seconds',
      { metadata: { creationTimestamp: '2026-01-01T01:00:00.9+01:00' } },
      pod,
      { metadata: { creationTimestamp: '2026-01-01T00:00:00Z' } },
    ],
    [
      'keeps microseconds',
      { spec: { renewTime: '2026-01-01T00:00:00.123456Z' } },
      target('coordination', 'Lease'),
      { spec: { renewTime: '2026-01-01T00:00:00.123456Z' } },
    ],
    [
      'keeps free-form data whole',
      { data: { a: [null, { b: null }] }, revision: 1 },
      target('apps', 'ControllerRevision'),
      { data: { a: [null, { b: null }] }, revision: 1 },
    ],
    ['takes line breaks out of base64', { binaryData: { a: 'YW\nJj' } }, configMap, { binaryData: { a: 'YWJj' } }],
    [
      'keeps the largest safe integers',
      { metadata: { generation: 2 ** 53 - 1 } },
      pod,
      { metadata: { generation: 2 ** 53 - 1 } },
    ],
  ];
  for (const [what, value, kind, result] of cleaned) {
    it(what, () => expect(decoder.decode(value, kind).object).to.deep.equal(result));
  }

  const typo = () => ({ spec: { replicsa: 1, template: { spec: { containers: [{}, { img: 1 }] } } } });
  const faults = ['unknown field "spec.replicsa"', 'unknown field "spec.template.spec.containers[1].img"'];

  it('refuses unknown and duplicate fields when strict', () => {
    const options: DecodeOptions = { fieldValidation: 'Strict', duplicates: ['spec.x'] };
    expect(errorOf(() => decoder.decode(typo(), deployment, options)).message).to.equal(
      `Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: ${faults.join(', ')}, duplicate field "spec.x"`,
    );
  });

  it('warns of them by default, and is silent when told to ignore them', () => {
    expect(decoder.decode(typo(), deployment).warnings).to.deep.equal(faults);
    expect(decoder.decode(typo(), deployment, { duplicates: ['a'] }).warnings).to.include('duplicate field "a"');
    expect(decoder.decode(typo(), deployment, { fieldValidation: 'Ignore' }).warnings).to.deep.equal([]);
  });

  it('names a hundred unknown fields at most', () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`f${i}`, i]));
    expect(decoder.decode(many, pod).warnings).to.have.length(100);
  });

  it('names the patch when a patched object is wrong', () => {
    const patch = '{"spec":{"replicas":"x"}}';
    const error = errorOf(() => decoder.decodePatched({ spec: { replicas: 'x' } }, deployment, patch));
    expect(error.code).to.equal(422);
    expect(error.details?.causes?.[0]).to.deep.include({ field: 'patch', reason: 'FieldValueInvalid' });
    expect(error.message).to.include('cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas');
  });

  it('follows schemas that contain themselves', () => {
    const crd = {
      version: 'v1',
      kind: 'CustomResourceDefinition',
      definition: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
    };
    const schema = {
      properties: { a: { items: { type: 'string' }, type: 'array', default: null, enum: [null] }, b: { typ: 1 } },
    };
    const { object, warnings } = decoder.decode({ spec: { versions: [{ schema: { openAPIV3Schema: schema } }] } }, crd);
    expect(object.spec.versions[0].schema.openAPIV3Schema.properties.a.items).to.deep.equal({ type: 'string' });
    expect(warnings).to.deep.equal(['unknown field "spec.versions[0].schema.openAPIV3Schema.properties.b.typ"']);
  });
});
