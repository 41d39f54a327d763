import { expect } from 'chai';
import { apiService } from '../../../src/api/apiregistration-v1/api-service.ts';
import { flowSchema } from '../../../src/api/flowcontrol-v1/flow-schema.ts';
import { priorityLevelConfiguration } from '../../../src/api/flowcontrol-v1/priority-level-configuration.ts';
import { standardFlows, standardLevels } from '../../../src/api/flowcontrol-v1/standard.ts';
import type { Kind } from '../../../src/apimachinery/kind.ts';
import { TestServer } from '../../apiserver/test-server.ts';
import { created, createErrors } from '../kind-cases.ts';

const level = { priorityLevelConfiguration: { name: 'l' } };
const user = { kind: 'User', user: { name: 'u' } };
const resource = { verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['*'] };
const flow = (...rules: object[]) => ({ spec: { ...level, rules } });
const limited = (more: object) => ({
  spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' }, ...more } },
});
const queue = (queuing: object) => limited({ limitResponse: { type: 'Queue', queuing } });
const api = (more: object) => ({
  metadata: { name: 'v1.a.io' },
  spec: { group: 'a.io', version: 'v1', groupPriorityMinimum: 1, versionPriority: 1, ...more },
});

describe('the rules of flow control and of API services', () => {
  const cases: [kind: Kind<any>, fields: object, ...errors: string[]][] = [
    [flowSchema, flow({ subjects: [user], resourceRules: [resource] })],
    [
      flowSchema,
      { spec: { ...level, matchingPrecedence: 1 } },
      "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
    ],
    [
      flowSchema,
      { spec: { ...level, matchingPrecedence: 10_001 } },
      'spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000',
    ],
    [
      flowSchema,
      flow({ subjects: [] }),
      'spec.rules[0].subjects: Required value: subjects must contain at least one value',
      'spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty',
    ],
    [
      flowSchema,
      flow({
        subjects: [{ ...user, kind: 'Group' }],
        nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/a*b'] }],
      }),
      "spec.rules[0].subjects[0].user: Forbidden: user is forbidden when subject kind is not 'User'",
      "spec.rules[0].subjects[0].group: Required value: group is required when subject kind is 'Group'",
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "/a*b": wildcard can only do suffix matching',
    ],
    [
      flowSchema,
      flow({ subjects: [user], resourceRules: [{ ...resource, verbs: ['*', 'fly'], namespaces: [] }] }),
      `spec.rules[0].resourceRules[0].verbs: Invalid value: ["*","fly"]: if '*' is present, must not specify other verbs`,
      'spec.rules[0].resourceRules[0].verbs: Unsupported value: "fly": supported values: "*", "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"',
      'spec.rules[0].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace',
    ],
    [priorityLevelConfiguration, limited({})],
    [
      priorityLevelConfiguration,
      { spec: { type: 'Exempt' } },
      "spec.type: Invalid value: \"Exempt\": type must be 'Exempt' if and only if `name` is 'exempt'",
    ],
    [
      priorityLevelConfiguration,
      limited({ lendablePercent: 101, borrowingLimitPercent: -1 }),
      'spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive',
      'spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer',
    ],
    [
      priorityLevelConfiguration,
      queue({ queues: 4, handSize: 5 }),
      'spec.limited.limitResponse.queuing.handSize: Invalid value: 5: should not be greater than queues (4)',
    ],
    [
      priorityLevelConfiguration,
      queue({ queues: 512, handSize: 8 }),
      'spec.limited.limitResponse.queuing.handSize: Invalid value: 8: required entropy bits of deckSize 512 and handSize 8 should not be greater than 60',
    ],
    [apiService, api({})],
    [
      apiService,
      api({ caBundle: 'YQ==', insecureSkipTLSVerify: true, versionPriority: 1001 }),
      'spec.versionPriority: Invalid value: 1001: must be positive and less than 1000',
      'spec.caBundle: Invalid value: "YQ==": local APIServices may not have a caBundle',
      'spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify',
    ],
    [apiService, api({ service: { name: 's' } }), 'spec.service.namespace: Required value'],
  ];
  for (const [kind, fields, ...errors] of cases) {
    it(`of ${kind.kind} ${JSON.stringify(fields).slice(0, 120)}`, () =>
      expect(createErrors(kind, fields)).to.deep.equal(errors));
  }
});

describe('the levels and flows of every cluster', () => {
  it('keep to the rules', () => {
    const broken = [
      ...Object.entries(standardLevels).map(([name, spec]) => [priorityLevelConfiguration, name, spec] as const),
      ...Object.entries(standardFlows).map(([name, spec]) => [flowSchema, name, spec] as const),
    ].flatMap(([kind, name, spec]) => createErrors(kind as Kind<any>, { metadata: { name }, spec }));
    expect(broken).to.deep.equal([]);
  });

  it('are the same by default or not', () => {
    const spec: any = created(flowSchema, { spec: standardFlows['exempt'] }).spec;
    expect(spec).to.deep.equal(standardFlows['exempt']);
  });

  it('lead to levels that are there', () => {
    const levels = Object.values(standardFlows).map((spec) => spec.priorityLevelConfiguration.name);
    expect(levels.filter((name) => !Object.hasOwn(standardLevels, name))).to.deep.equal([]);
  });

  it('are made at the start, and the mandatory ones stay as they are', async () => {
    const server = new TestServer();
    await server.server.start();
    const url = '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas';
    const { body } = await server.get(url);
    expect(body.items.map((i: any) => i.metadata.name).sort()).to.deep.equal(Object.keys(standardFlows).sort());
    const headers = { 'content-type': 'application/merge-patch+json' };
    const patched = await server.call('PATCH', `${url}/exempt`, { spec: { matchingPrecedence: 7 } }, { headers });
    expect([patched.status, patched.body.details.causes[0].field]).to.deep.equal([422, 'spec']);
    await server.close();
  });
});
