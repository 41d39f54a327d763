import { expect } from 'chai';
import { lease } from '../../../src/api/coordination-v1/lease.ts';
import { leaseCandidate } from '../../../src/api/coordination-v1beta1/lease-candidate.ts';
import { priorityClass } from '../../../src/api/scheduling-v1/priority-class.ts';
import { csiDriver } from '../../../src/api/storage-v1/csi-driver.ts';
import { csiNode } from '../../../src/api/storage-v1/csi-node.ts';
import { csiStorageCapacity } from '../../../src/api/storage-v1/csi-storage-capacity.ts';
import { storageClass } from '../../../src/api/storage-v1/storage-class.ts';
import { volumeAttachment } from '../../../src/api/storage-v1/volume-attachment.ts';
import { volumeAttributesClass } from '../../../src/api/storage-v1/volume-attributes-class.ts';
import { storageVersionMigration } from '../../../src/api/storagemigration-v1beta1/storage-version-migration.ts';
import type { Kind } from '../../../src/apimachinery/kind.ts';
import { created, createErrors, statusErrors, updateErrors } from '../kind-cases.ts';

const zone = { key: 'zone', values: ['a'] };
const attach = { attacher: 'a.io', nodeName: 'n' };
const driver = { name: 'd.io', nodeID: 'n', topologyKeys: ['zone'] };
const candidate = {
  leaseName: 'l',
  binaryVersion: '1.36.0',
  emulationVersion: '1.36.0',
  strategy: 'OldestEmulationVersion',
};

describe('the rules of storage, scheduling and coordination', () => {
  const cases: [kind: Kind<any>, fields: object, ...errors: string[]][] = [
    [
      storageClass,
      { provisioner: 'a.io/b', parameters: { '': 'x' } },
      'parameters: Invalid value: "": field can not be empty.',
    ],
    [
      storageClass,
      { provisioner: 'a', allowedTopologies: [{ matchLabelExpressions: [zone, { key: 'zone', values: [] }] }] },
      'allowedTopologies[0].matchLabelExpressions[1].values: Required value',
      'allowedTopologies[0].matchLabelExpressions[1].key: Duplicate value: "zone"',
    ],
    [
      storageClass,
      { provisioner: 'a', allowedTopologies: [{ matchLabelExpressions: [zone] }, { matchLabelExpressions: [zone] }] },
      'allowedTopologies[1].matchLabelExpressions: Duplicate value: ""',
    ],
    [
      volumeAttributesClass,
      { driverName: 'a.io' },
      'parameters: Required value: must contain at least one key/value pair',
    ],
    [
      volumeAttachment,
      { spec: { ...attach, source: {} } },
      'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
    ],
    [
      volumeAttachment,
      { spec: { ...attach, source: { persistentVolumeName: 'p', inlineVolumeSpec: {} } } },
      'spec.source: Forbidden: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
    ],
    [
      volumeAttachment,
      { spec: { ...attach, attacher: '', source: { persistentVolumeName: 'p' } } },
      'spec.attacher: Required value',
      "spec.attacher: Invalid value: \"\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ],
    [csiDriver, { spec: {} }],
    [
      csiDriver,
      { spec: { fsGroupPolicy: 'All', tokenRequests: [{ audience: 'a' }, { audience: 'a', expirationSeconds: 5 }] } },
      'spec.fsGroupPolicy: Unsupported value: "All": supported values: "File", "None", "ReadWriteOnceWithFSType"',
      'spec.tokenRequests[1].audience: Duplicate value: "a"',
      'spec.tokenRequests[1].expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes',
    ],
    [
      csiNode,
      { spec: { drivers: [driver, { ...driver, nodeID: '', topologyKeys: ['a b'], allocatable: { count: -1 } }] } },
      'spec.drivers[1].nodeID: Required value',
      'spec.drivers[1].allocatable.count: Invalid value: -1: must be greater than or equal to 0',
      `spec.drivers[1].topologyKeys: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
      'spec.drivers[1].name: Duplicate value: "d.io"',
    ],
    [
      csiStorageCapacity,
      { storageClassName: 'a', capacity: '-1' },
      'capacity: Invalid value: "-1": must be greater than or equal to 0',
    ],
    [priorityClass, { metadata: { name: 'system-node-critical' }, value: 2_000_001_000 }],
    [
      priorityClass,
      { metadata: { name: 'system-node-critical' }, value: 1 },
      "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: value of system-node-critical PriorityClass must be 2000001000",
    ],
    [
      lease,
      { spec: { preferredHolder: 'a' } },
      'spec.preferredHolder: Forbidden: may only be specified when `strategy` is defined',
    ],
    [
      lease,
      { spec: { strategy: 'Mine' } },
      'spec.strategy: Unsupported value: "Mine": supported values: "OldestEmulationVersion"',
    ],
    [leaseCandidate, { spec: candidate }],
    [
      leaseCandidate,
      { spec: { ...candidate, binaryVersion: '1.35.1' } },
      'spec.binaryVersion: Invalid value: "1.35.1": must be greater than or equal to `emulationVersion`',
    ],
    [
      leaseCandidate,
      { spec: { ...candidate, emulationVersion: undefined, leaseName: '' } },
      'spec.leaseName: Required value',
      "spec.emulationVersion: Required value: must be specified when `strategy` is 'OldestEmulationVersion'",
    ],
    [storageVersionMigration, { spec: { resource: { group: 'apps' } } }, 'spec.resource.resource: Required value'],
  ];
  for (const [kind, fields, ...errors] of cases) {
    it(`of ${kind.kind} ${JSON.stringify(fields).slice(0, 80)}`, () =>
      expect(createErrors(kind, fields)).to.deep.equal(errors));
  }
});

describe('changes of storage', () => {
  const node = (more: object) => ({ spec: { drivers: [{ ...driver, ...more }] } });
  const cases: [kind: Kind<any>, before: object, after: object, ...errors: string[]][] = [
    [csiNode, node({}), node({ allocatable: { count: 4 } })],
    [csiNode, node({}), { spec: { drivers: [] } }],
    [
      csiNode,
      node({}),
      node({ nodeID: 'm' }),
      'spec.drivers: Invalid value: [{"name":"d.io","nodeID":"m","topologyKeys":["zone"]}]: field is immutable',
    ],
    [csiDriver, { spec: {} }, { spec: { podInfoOnMount: true, requiresRepublish: true } }],
    [
      csiDriver,
      { spec: {} },
      { spec: { attachRequired: false } },
      'spec.attachRequired: Invalid value: false: field is immutable',
    ],
    [
      volumeAttributesClass,
      { driverName: 'a', parameters: { a: 'b' } },
      { driverName: 'a', parameters: { a: 'c' } },
      'parameters: Forbidden: updates to parameters are forbidden.',
    ],
    [
      leaseCandidate,
      { spec: candidate },
      { spec: { ...candidate, leaseName: 'm' } },
      'spec.leaseName: Invalid value: "m": field is immutable',
    ],
  ];
  for (const [kind, before, after, ...errors] of cases) {
    it(`of ${kind.kind} to ${JSON.stringify(after)}`, () =>
      expect(updateErrors(kind, before, after)).to.deep.equal(errors));
  }

  it('bound what a status says', () => {
    const message = 'x'.repeat(1025);
    expect(statusErrors(volumeAttachment, {}, { attached: false, attachError: { message } })).to.deep.equal([
      'status.attachError.message: Too long: may not be more than 1024 bytes',
    ]);
    expect(statusErrors(storageVersionMigration, {}, { resourceVersion: 'new' })).to.deep.equal([
      'status.resourceVersion: Invalid value: "new": must be a valid resource version',
    ]);
  });

  it('warn of labels with newer names', () => {
    const old = { key: 'failure-domain.beta.kubernetes.io/zone', values: ['a'] };
    const fields = { provisioner: 'a', allowedTopologies: [{ matchLabelExpressions: [old] }] };
    expect(storageClass.warnings!(created(storageClass, fields))).to.deep.equal([
      'allowedTopologies[0].matchLabelExpressions[0].key: deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
    ]);
  });
});
