import { expect } from 'chai';
import { endpoints } from '../../../src/api/core-v1/endpoints.ts';
import { event } from '../../../src/api/core-v1/event.ts';
import { limitRange } from '../../../src/api/core-v1/limit-range.ts';
import { namespace } from '../../../src/api/core-v1/namespace.ts';
import { node } from '../../../src/api/core-v1/node.ts';
import { persistentVolumeClaim } from '../../../src/api/core-v1/persistent-volume-claim.ts';
import { persistentVolume } from '../../../src/api/core-v1/persistent-volume.ts';
import { replicationController } from '../../../src/api/core-v1/replication-controller.ts';
import { resourceQuota } from '../../../src/api/core-v1/resource-quota.ts';
import { event as newEvent } from '../../../src/api/events-v1/event.ts';
import { cells, created, createErrors, defaulted, object, updateErrors } from '../kind-cases.ts';

describe('a Namespace', () => {
  it('is active, labelled with its name, and held until it is empty', () => {
    const made = created(namespace);
    expect(made.status).to.deep.equal({ phase: 'Active' });
    expect(made.spec).to.deep.equal({ finalizers: ['kubernetes'] });
    expect(made.metadata.labels).to.deep.equal({ 'kubernetes.io/metadata.name': 'web' });
  });

  it('is let go only through finalize', () => {
    const old = created(namespace);
    const finalize = namespace.subresources.find((s) => s.name === 'finalize')!;
    const after = finalize.set!(structuredClone(old), { spec: { finalizers: [] } });
    namespace.prepareForUpdate!(after, old, { now: 0, user: 'a', subresource: 'finalize' });
    expect(after.spec!.finalizers).to.deep.equal([]);
    const plain = { ...structuredClone(old), spec: { finalizers: [] } };
    namespace.prepareForUpdate!(plain, old, { now: 0, user: 'a', subresource: '' });
    expect(plain.spec.finalizers).to.deep.equal(['kubernetes']);
  });

  it('has a label as its name', () => {
    expect(namespace.validateName!('a.b')).to.deep.equal(['must not contain dots']);
    expect(namespace.validateName!('a-b')).to.deep.equal([]);
  });
});

describe('a Node', () => {
  const rows: [what: string, fields: object, row: object][] = [
    [
      'ready',
      { status: { conditions: [{ type: 'Ready', status: 'True' }], nodeInfo: { kubeletVersion: 'v1' } } },
      { Status: 'Ready', Roles: '<none>', Version: 'v1' },
    ],
    [
      'lost and closed',
      { spec: { unschedulable: true }, status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } },
      { Status: 'NotReady,SchedulingDisabled' },
    ],
    ['unheard of', {}, { Status: 'Unknown', 'Internal-IP': '<none>', 'OS-Image': '<unknown>' }],
    [
      'of two roles',
      { metadata: { labels: { 'node-role.kubernetes.io/worker': '', 'node-role.kubernetes.io/control-plane': '' } } },
      { Roles: 'control-plane,worker' },
    ],
  ];
  for (const [what, fields, row] of rows) {
    it(`shows that it is ${what}`, () => expect(cells(node, fields as any)).to.include(row));
  }

  it('keeps the status that it registers with, and can allocate what it has', () => {
    expect(created(node, { status: { capacity: { cpu: '2000m' } } }).status).to.deep.include({
      capacity: { cpu: '2' },
      allocatable: { cpu: '2' },
    });
  });

  it('has each taint once, with a known effect', () => {
    const taint = { key: 'a', effect: 'NoSchedule' };
    expect(createErrors(node, { spec: { taints: [taint, taint, { key: 'b', effect: 'Foo' }] } })).to.deep.equal([
      'spec.taints[1]: Duplicate value: {"key":"a","effect":"NoSchedule"}: taints must be unique by key and effect pair',
      'spec.taints[2].effect: Unsupported value: "Foo": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ]);
  });
});

describe('a changed Node', () => {
  const cases: [what: string, before: object, after: object, errors: string[]][] = [
    ['may get addresses for pods', {}, { spec: { podCIDR: '10.0.0.0/24' } }, []],
    [
      'keeps them',
      { spec: { podCIDR: '10.0.0.0/24' } },
      { spec: { podCIDR: '10.0.1.0/24' } },
      ['spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid'],
    ],
    [
      'keeps its provider',
      { spec: { providerID: 'a' } },
      { spec: { providerID: 'b' } },
      ['spec.providerID: Forbidden: node updates may not change providerID except from "" to valid'],
    ],
    [
      'has each address once',
      {},
      { status: { addresses: [1, 2].map(() => ({ type: 'InternalIP', address: '1.2.3.4' })) } },
      ['status.addresses[1]: Duplicate value: {"type":"InternalIP","address":"1.2.3.4"}'],
    ],
    [
      'has no less than nothing',
      {},
      { status: { capacity: { cpu: '-1' }, allocatable: {} } },
      ['status.capacity[cpu]: Invalid value: "-1": must be greater than or equal to 0'],
    ],
  ];
  for (const [what, before, after, errors] of cases) {
    it(what, () => expect(updateErrors(node, before as any, after as any)).to.deep.equal(errors));
  }
});

describe('Endpoints', () => {
  const subset = { addresses: ['1', '2', '3', '4'].map((n) => ({ ip: `10.0.0.${n}` })), ports: [{ port: 80 }] };

  it('have the protocol TCP unless they say otherwise', () => {
    expect(defaulted(endpoints, { subsets: [subset] }).subsets[0].ports[0].protocol).to.equal('TCP');
  });

  it('need addresses that are addresses', () => {
    expect(createErrors(endpoints, { subsets: [{}, { addresses: [{ ip: 'x' }] }] })).to.deep.equal([
      'subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`',
      'subsets[1].addresses[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ]);
  });

  it('show the first three', () => {
    expect(cells(endpoints, { subsets: [subset] })['Endpoints']).to.equal(
      '10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 1 more...',
    );
    expect(cells(endpoints)['Endpoints']).to.equal('<none>');
  });
});

describe('an Event', () => {
  const fields = {
    involvedObject: { kind: 'Pod', namespace: 'default', name: 'web', fieldPath: 'spec.containers{app}' },
    reason: 'Started',
    message: 'Started container app\n',
    source: { component: 'kubelet', host: 'n1' },
    type: 'Normal',
    count: 3,
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:09:00Z',
  };
  const row = {
    'Last Seen': '60s',
    'First Seen': '10m',
    Object: 'pod/web',
    Subobject: 'spec.containers{app}',
    Source: 'kubelet, n1',
    Message: 'Started container app',
    Count: 3,
    Name: 'web',
  };

  it('shows what happened to what, and when', () => expect(cells(event, fields)).to.include(row));

  it('is about something in its own namespace', () => {
    expect(createErrors(event, { involvedObject: { namespace: 'other' } })).to.deep.equal([
      'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
    ]);
  });

  it('goes after an hour', () => expect([event.ttl, newEvent.ttl]).to.deep.equal([3600, 3600]));

  it('is the same in its newer version, and back again', () => {
    const stored = defaulted(event, fields);
    const { conversion } = newEvent;
    const shown = conversion!.fromStored(stored);
    expect(shown).to.deep.include({
      apiVersion: 'events.k8s.io/v1',
      regarding: fields.involvedObject,
      note: fields.message,
      deprecatedCount: 3,
      reportingController: '',
    });
    expect(shown).not.to.have.any.keys('involvedObject', 'message', 'count', 'source');
    expect(conversion!.toStored(shown)).to.deep.equal(stored);
    expect(newEvent.columns.find((c) => c.name === 'Object')!.value(shown, 0)).to.equal('pod/web');
  });
});

describe('volumes', () => {
  const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1024Mi' } } };

  it('claimed wait, with a file system', () => {
    expect(created(persistentVolumeClaim, { spec: claim })).to.deep.include({
      spec: { ...claim, volumeMode: 'Filesystem', resources: { requests: { storage: '1Gi' } } },
      status: { phase: 'Pending' },
    });
  });

  it('are claimed with a mode and a size', () => {
    expect(createErrors(persistentVolumeClaim)).to.deep.equal([
      'spec.accessModes: Required value: at least 1 access mode is required',
      'spec.resources[storage]: Required value',
    ]);
  });

  it('claimed grow and do not shrink', () => {
    const sized = (storage: string, phase: string, has?: string) => ({
      ...created(persistentVolumeClaim, { spec: { ...claim, resources: { requests: { storage } } } }),
      status: { phase, ...(has && { capacity: { storage: has } }) },
    });
    const errors = (after: object, before: object) =>
      persistentVolumeClaim.validateUpdate!(after as any, before as any).map((e) => `${e.field}: ${e.message}`);
    expect(errors(sized('2Gi', 'Bound'), sized('1Gi', 'Bound'))).to.deep.equal([]);
    expect(errors(sized('2Gi', 'Bound'), sized('3Gi', 'Bound', '1Gi'))).to.deep.equal([]);
    const immutable =
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
    expect(errors(sized('2Gi', 'Pending'), sized('1Gi', 'Pending'))).to.deep.equal([immutable]);
    expect(errors(sized('1Gi', 'Bound'), sized('2Gi', 'Bound', '2Gi'))).to.deep.equal([
      'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
    ]);
    expect(updateErrors(persistentVolumeClaim, { spec: claim }, { spec: { ...claim, accessModes: [] } })).to.deep.equal(
      [immutable],
    );
    const classed = { spec: { ...claim, storageClassName: 'fast' } };
    expect(updateErrors(persistentVolumeClaim, { spec: claim }, classed)).to.deep.equal([]);
    expect(updateErrors(persistentVolumeClaim, classed, { spec: claim })).to.deep.equal([immutable]);
  });

  it('are filled from one place, by its old name and its new', () => {
    const dataSource = { kind: 'PersistentVolumeClaim', name: 'other' };
    expect(created(persistentVolumeClaim, { spec: { ...claim, dataSource } }).spec.dataSourceRef).to.deep.equal(
      dataSource,
    );
    expect(
      created(persistentVolumeClaim, { spec: { ...claim, dataSource: { kind: 'Pod', name: 'p' } } }).spec,
    ).to.not.have.property('dataSource');
    expect(
      createErrors(persistentVolumeClaim, { spec: { ...claim, dataSourceRef: { kind: 'Pod', name: 'p' } } }),
    ).to.include(
      `spec.dataSourceRef: Invalid value: "Pod": must be 'PersistentVolumeClaim' when referencing the default apiGroup`,
    );
  });

  const pv = { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' } };
  const affinity = { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }] } };
  const volumeCases: [what: string, spec: object, ...errors: string[]][] = [
    ['local, with its nodes', { ...pv, local: { path: '/x' }, nodeAffinity: affinity }],
    [
      'local',
      { ...pv, local: { path: '/x' } },
      'spec.nodeAffinity: Required value: Local volume requires node affinity',
    ],
    [
      'CSI',
      { ...pv, csi: { driver: 'a.b', nodeStageSecretRef: { name: 's' } } },
      'spec.csi.volumeHandle: Required value',
      'spec.csi.nodeStageSecretRef.namespace: Required value',
    ],
    [
      'everything, to be wiped',
      { ...pv, hostPath: { path: '/' }, persistentVolumeReclaimPolicy: 'Recycle' },
      "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
    ],
    [
      'for one pod and for many',
      { ...pv, accessModes: ['ReadWriteOncePod', 'ReadWriteMany'], nfs: { server: 's', path: '/p' } },
      'spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes',
    ],
    [
      'without nodes',
      { ...pv, hostPath: { path: '/x' }, nodeAffinity: {} },
      'spec.nodeAffinity.required: Required value: must specify required node constraints',
    ],
  ];
  for (const [what, spec, ...errors] of volumeCases) {
    it(`that are ${what} are judged`, () => expect(createErrors(persistentVolume, { spec })).to.deep.equal(errors));
  }

  it('stay what they are made of', () => {
    const csi = (more: object) => ({ spec: { ...pv, csi: { driver: 'a.b', volumeHandle: 'h', ...more } } });
    expect(updateErrors(persistentVolume, csi({}), csi({ volumeHandle: 'i' }))).to.deep.equal([
      'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation',
    ]);
    const secret = { controllerExpandSecretRef: { name: 's', namespace: 'n' } };
    expect(updateErrors(persistentVolume, csi({}), csi(secret))).to.deep.equal([]);
    expect(updateErrors(persistentVolume, csi(secret), csi({}))).to.have.length(1);
  });

  it('that are of old kinds are warned of', () => {
    const annotations = { 'volume.beta.kubernetes.io/storage-class': 'x' };
    const old = { metadata: { annotations }, spec: { ...pv, rbd: {}, persistentVolumeReclaimPolicy: 'Recycle' } };
    expect(persistentVolume.warnings!(created(persistentVolume, old))).to.deep.equal([
      'metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead',
      'spec.rbd: deprecated in v1.28, non-functional in v1.31+',
      'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
    ]);
    const half = { spec: { ...claim, resources: { requests: { storage: '500m' } } } };
    expect(persistentVolumeClaim.warnings!(created(persistentVolumeClaim, half))).to.deep.equal([
      'spec.resources.requests[storage]: fractional byte value "500m" is invalid, must be an integer',
    ]);
  });

  it('need one source, a size and a mode', () => {
    expect(createErrors(persistentVolume)).to.deep.equal([
      'spec.accessModes: Required value',
      'spec.capacity: Required value',
      'spec.capacity: Unsupported value: null: supported values: "storage"',
      'spec: Required value: must specify a volume type',
    ]);
    const fields = { spec: { ...claim, resources: undefined, capacity: { storage: '1Gi' }, hostPath: { path: '/x' } } };
    delete fields.spec.resources;
    expect(createErrors(persistentVolume, fields)).to.deep.equal([]);
    expect(created(persistentVolume, fields).spec).to.deep.include({
      persistentVolumeReclaimPolicy: 'Retain',
      volumeMode: 'Filesystem',
    });
    expect(cells(persistentVolume, fields)).to.include({ 'Access Modes': 'RWO', Capacity: '1Gi', Claim: '' });
  });
});

describe('a LimitRange', () => {
  it('takes its defaults for containers from its bounds', () => {
    const limits = [{ type: 'Container', max: { cpu: '2' }, min: { cpu: '100m' } }];
    expect(defaulted(limitRange, { spec: { limits } }).spec.limits[0]).to.deep.include({
      default: { cpu: '2' },
      defaultRequest: { cpu: '2' },
    });
  });

  it('is in order', () => {
    const limits = [{ type: 'Pod', max: { cpu: '1' }, min: { cpu: '2' } }];
    expect(createErrors(limitRange, { spec: { limits } })).to.deep.equal([
      'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
    ]);
  });
});

describe('a ResourceQuota', () => {
  it('shows what is used of what is allowed', () => {
    const status = { hard: { pods: '10', 'limits.cpu': '4' }, used: { pods: '3' } };
    expect(cells(resourceQuota, { status })).to.include({ Request: 'pods: 3/10', Limit: 'limits.cpu: 0/4' });
  });

  it('allows no less than nothing', () => {
    expect(createErrors(resourceQuota, { spec: { hard: { pods: '-1' } } })).to.deep.equal([
      'spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0',
    ]);
  });
});

describe('a ReplicationController', () => {
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'a', image: 'a' }] } };

  it('takes selector and labels from its template', () => {
    const made = created(replicationController, { spec: { template } });
    expect(made.spec).to.deep.include({ replicas: 1, selector: { app: 'web' } });
    expect(made.metadata.labels).to.deep.equal({ app: 'web' });
    expect(createErrors(replicationController, { spec: { template } })).to.deep.equal([]);
  });

  it('counts no more than there are', () => {
    const status = replicationController.subresources.find((s) => s.name === 'status')!;
    const made = object(replicationController, { status: { replicas: 1, readyReplicas: 2, availableReplicas: -1 } });
    expect(status.validate!(made, made).map((e) => `${e.field}: ${e.message}`)).to.deep.equal([
      'status.availableReplicas: Invalid value: -1: must be greater than or equal to 0',
      'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
    ]);
  });

  it('shows its selector through scale', () => {
    const scale = replicationController.subresources.find((s) => s.name === 'scale')!;
    const shown = scale.get!(object(replicationController, { spec: { replicas: 2, selector: { app: 'web' } } })) as any;
    expect(shown).to.deep.include({
      kind: 'Scale',
      spec: { replicas: 2 },
      status: { replicas: 0, selector: 'app=web' },
    });
  });
});
