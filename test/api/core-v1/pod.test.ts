import { expect } from 'chai';
import { pod } from '../../../src/api/core-v1/pod.ts';
import type { FieldError } from '../../../src/apimachinery/field-error.ts';
import { cells, created, createErrors, defaulted, NOW, object, updateErrors } from '../kind-cases.ts';

const container = { name: 'app', image: 'nginx:1.27' };
const spec = { containers: [container] };
const withContainer = (more: object, rest: object = {}) => ({
  spec: { containers: [{ ...container, ...more }], ...rest },
});

describe('defaults of a pod', () => {
  it('are those that kubectl get -o yaml shows', () => {
    expect(defaulted(pod, { spec }).spec).to.deep.equal({
      containers: [
        {
          name: 'app',
          image: 'nginx:1.27',
          imagePullPolicy: 'IfNotPresent',
          resources: {},
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
        },
      ],
      dnsPolicy: 'ClusterFirst',
      enableServiceLinks: true,
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      securityContext: {},
      terminationGracePeriodSeconds: 30,
    });
  });

  const pulls: [image: string, policy: string][] = [
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['registry:5000/nginx', 'Always'],
    ['registry:5000/nginx:1', 'IfNotPresent'],
    ['nginx@sha256:0123', 'IfNotPresent'],
    ['nginx:latest@sha256:0123', 'Always'],
  ];
  for (const [image, policy] of pulls) {
    it(`pull ${image} ${policy}`, () => {
      expect(defaulted(pod, withContainer({ image })).spec.containers[0].imagePullPolicy).to.equal(policy);
    });
  }

  const filled: [what: string, given: object, expected: object][] = [
    ['ports', { ports: [{ containerPort: 80 }] }, { ports: [{ containerPort: 80, protocol: 'TCP' }] }],
    [
      'probes',
      { livenessProbe: { httpGet: { port: 80 } } },
      {
        livenessProbe: {
          httpGet: { port: 80, path: '/', scheme: 'HTTP' },
          timeoutSeconds: 1,
          periodSeconds: 10,
          successThreshold: 1,
          failureThreshold: 3,
        },
      },
    ],
    [
      'requests, from limits, in canonical form',
      { resources: { limits: { cpu: '1000m', memory: '1024Mi' }, requests: { cpu: '0.5' } } },
      { resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m', memory: '1Gi' } } },
    ],
    [
      'environment',
      { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] },
      { env: [{ name: 'A', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } }] },
    ],
  ];
  for (const [what, given, expected] of filled) {
    it(`fill in ${what}`, () => {
      expect(defaulted(pod, withContainer(given)).spec.containers[0]).to.deep.include(expected);
    });
  }

  it('fill in volumes', () => {
    const volumes = [
      { name: 'a' },
      { name: 'b', secret: { secretName: 's' } },
      { name: 'c', configMap: { name: 'm', defaultMode: 256 } },
      { name: 'd', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
      { name: 'e', hostPath: { path: '/x' } },
    ];
    expect(defaulted(pod, { spec: { ...spec, volumes } }).spec.volumes).to.deep.equal([
      { name: 'a', emptyDir: {} },
      { name: 'b', secret: { secretName: 's', defaultMode: 420 } },
      { name: 'c', configMap: { name: 'm', defaultMode: 256 } },
      {
        name: 'd',
        projected: { defaultMode: 420, sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 3600 } }] },
      },
      { name: 'e', hostPath: { path: '/x', type: '' } },
    ]);
  });

  it('give the service account both of its names, and host ports on the host network', () => {
    const made = defaulted(
      pod,
      withContainer({ ports: [{ containerPort: 80 }] }, { serviceAccount: 'bob', hostNetwork: true }),
    );
    expect(made.spec).to.include({ serviceAccount: 'bob', serviceAccountName: 'bob' });
    expect(made.spec.containers[0].ports[0].hostPort).to.equal(80);
  });
});

describe('the addresses in a status', () => {
  it('stand there under their old names and their new', () => {
    const status = { podIP: '10.0.0.1', hostIPs: [{ ip: '10.1.0.1' }] };
    expect(defaulted(pod, { spec, status }).status).to.deep.equal({
      podIP: '10.0.0.1',
      podIPs: [{ ip: '10.0.0.1' }],
      hostIP: '10.1.0.1',
      hostIPs: [{ ip: '10.1.0.1' }],
    });
  });
});

describe('creating a pod', () => {
  const resources = (r: object) => withContainer({ resources: r });
  const classes: [what: string, fields: object, qosClass: string][] = [
    ['nothing asked', { spec }, 'BestEffort'],
    ['limits are requests', resources({ limits: { cpu: '1', memory: '1Gi' } }), 'Guaranteed'],
    [
      'a request below the limit',
      resources({ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1m' } }),
      'Burstable',
    ],
    ['cpu only', resources({ limits: { cpu: '1' } }), 'Burstable'],
    ['other resources only', resources({ requests: { 'ephemeral-storage': '1Gi' } }), 'BestEffort'],
  ];
  for (const [what, fields, qosClass] of classes) {
    it(`makes it pending and ${qosClass} with ${what}`, () => {
      expect(created(pod, fields).status).to.deep.equal({ phase: 'Pending', qosClass });
    });
  }

  it('says that a pod with gates waits for them', () => {
    const { conditions } = created(pod, { spec: { ...spec, schedulingGates: [{ name: 'a.b/c' }] } }).status;
    expect(conditions[0]).to.include({ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' });
  });
});

describe('validation of a pod', () => {
  const cases: [what: string, fields: object, errors: string[]][] = [
    ['a sound pod', { spec }, []],
    ['no spec', {}, ['spec.containers: Required value']],
    [
      'several faults, all at once',
      withContainer({ name: 'App', image: '', ports: [{ containerPort: 70000 }] }, { restartPolicy: 'Maybe' }),
      [
        `spec.containers[0].name: Invalid value: "App": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
        'spec.containers[0].image: Required value',
        'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
        'spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"',
      ],
    ],
    [
      'two containers of one name',
      { spec: { containers: [container, container] } },
      ['spec.containers[1].name: Duplicate value: "app"'],
    ],
    [
      'a request over the limit',
      withContainer({ resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } }),
      ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
    ],
    [
      'an unknown resource',
      withContainer({ resources: { limits: { gpu: '1' } } }),
      ['limits', 'requests'].flatMap((list) => [
        `spec.containers[0].resources.${list}[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified`,
        `spec.containers[0].resources.${list}[gpu]: Invalid value: "gpu": must be a standard resource for containers`,
      ]),
    ],
    [
      'a mount without its volume',
      withContainer({ volumeMounts: [{ name: 'data', mountPath: '/data' }] }),
      ['spec.containers[0].volumeMounts[0].name: Not found: "data"'],
    ],
    [
      'two mounts at one path',
      withContainer(
        {
          volumeMounts: [
            { name: 'a', mountPath: '/x' },
            { name: 'a', mountPath: '/x' },
          ],
        },
        { volumes: [{ name: 'a' }] },
      ),
      ['spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/x": must be unique'],
    ],
    [
      'a volume of two sources',
      { spec: { ...spec, volumes: [{ name: 'a', emptyDir: {}, hostPath: { path: '/x' } }] } },
      ['spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type'],
    ],
    [
      'a variable with a value twice',
      withContainer({ env: [{ name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] }),
      ['spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty'],
    ],
    [
      'a probe without a handler',
      withContainer({ readinessProbe: {} }),
      ['spec.containers[0].readinessProbe: Required value: must specify a handler type'],
    ],
    [
      'a liveness probe that must succeed twice',
      withContainer({ livenessProbe: { successThreshold: 2, tcpSocket: { port: 80 } } }),
      ['spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1'],
    ],
    [
      'a DNS policy that needs a server',
      { spec: { ...spec, dnsPolicy: 'None' } },
      ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
    ],
    [
      'a toleration of everything that compares',
      { spec: { ...spec, tolerations: [{ operator: 'Equal' }] } },
      [
        'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ],
    ],
    [
      'affinity without terms',
      { spec: { ...spec, affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } } } },
      [
        'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
      ],
    ],
    [
      'one host port twice',
      {
        spec: {
          containers: [
            { ...container, ports: [{ containerPort: 1, hostPort: 80 }] },
            { ...container, name: 'b', ports: [{ containerPort: 2, hostPort: 80 }] },
          ],
        },
      },
      ['spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//80"'],
    ],
    [
      'an init container with a probe',
      { spec: { ...spec, initContainers: [{ ...container, name: 'i', readinessProbe: { tcpSocket: { port: 1 } } }] } },
      [
        'spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
      ],
    ],
  ];
  for (const [what, fields, errors] of cases) {
    it(`of ${what}`, () => {
      expect(createErrors(pod, fields as Record<string, any>)).to.deep.equal(errors);
    });
  }
});

describe('changing a pod', () => {
  it('allows images, deadlines and more tolerations', () => {
    const after = withContainer(
      { image: 'nginx:2' },
      { activeDeadlineSeconds: 5, tolerations: [{ operator: 'Exists' }] },
    );
    // The pull policy is set when the pod is made and not when its image changes.
    expect(updateErrors(pod, { spec }, after)).to.deep.equal([]);
  });

  it('forbids the rest and says what it was', () => {
    const [error, ...others] = updateErrors(pod, { spec }, withContainer({ command: ['sh'] }));
    expect(others).to.deep.equal([]);
    expect(error).to.match(
      /^spec: Forbidden: pod updates may not change fields other than `spec.containers\[\*\].image`,/,
    );
    expect(error).to.match(/\n {2}spec.containers\[0\].command: unset -> \["sh"\]$/);
  });

  const cases: [what: string, before: object, after: object, errors: string[]][] = [
    [
      'another container',
      { spec },
      { spec: { containers: [container, { ...container, name: 'b' }] } },
      ['spec.containers: Forbidden: pod updates may not add or remove containers'],
    ],
    [
      'a longer deadline',
      { spec: { ...spec, activeDeadlineSeconds: 5 } },
      { spec: { ...spec, activeDeadlineSeconds: 6 } },
      ['spec.activeDeadlineSeconds: Invalid value: 6: must be less than or equal to previous value'],
    ],
    [
      'no deadline any more',
      { spec: { ...spec, activeDeadlineSeconds: 5 } },
      { spec },
      ['spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value'],
    ],
    [
      'a toleration less',
      { spec: { ...spec, tolerations: [{ key: 'a', operator: 'Exists' }] } },
      { spec },
      ['spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds'],
    ],
    ['an empty list', { spec }, { spec: { ...spec, initContainers: [], imagePullSecrets: [] } }, []],
    ['a gate less', { spec: { ...spec, schedulingGates: [{ name: 'a.b/c' }] } }, { spec }, []],
  ];
  for (const [what, before, after, errors] of cases) {
    it(`to ${what}`, () => expect(updateErrors(pod, before as any, after as any)).to.deep.equal(errors));
  }
});

describe('the columns of a pod', () => {
  const started = '2026-01-01T00:05:00Z';
  const status = (containerStatuses: object[], more: object = {}) => ({
    spec,
    status: { phase: 'Running', containerStatuses, ...more },
  });
  const running = { name: 'app', ready: true, restartCount: 0, state: { running: { startedAt: started } } };
  const init = (state: object) => ({
    spec: { ...spec, initContainers: [{ name: 'i', image: 'x' }] },
    status: { phase: 'Pending', initContainerStatuses: [{ name: 'i', restartCount: 0, ready: false, state }] },
  });
  const cases: [what: string, fields: object, row: [ready: string, status: string, restarts: string]][] = [
    ['pending', { spec, status: { phase: 'Pending' } }, ['0/1', 'Pending', '0']],
    ['running', status([running]), ['1/1', 'Running', '0']],
    [
      'crashing',
      status([
        {
          ...running,
          ready: false,
          restartCount: 2,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: { terminated: { exitCode: 1, finishedAt: started } },
        },
      ]),
      ['0/1', 'CrashLoopBackOff', '2 (5m ago)'],
    ],
    [
      'being made',
      {
        spec,
        status: {
          phase: 'Pending',
          containerStatuses: [{ ...running, ready: false, state: { waiting: { reason: 'ContainerCreating' } } }],
        },
      },
      ['0/1', 'ContainerCreating', '0'],
    ],
    [
      'done',
      {
        spec,
        status: {
          phase: 'Succeeded',
          containerStatuses: [
            { ...running, ready: false, state: { terminated: { exitCode: 0, reason: 'Completed' } } },
          ],
        },
      },
      ['0/1', 'Completed', '0'],
    ],
    [
      'ended without a reason',
      {
        spec,
        status: {
          phase: 'Failed',
          containerStatuses: [{ ...running, ready: false, state: { terminated: { exitCode: 3 } } }],
        },
      },
      ['0/1', 'ExitCode:3', '0'],
    ],
    ['initializing', init({ running: {} }), ['0/1', 'Init:0/1', '0']],
    ['failing to initialize', init({ waiting: { reason: 'CrashLoopBackOff' } }), ['0/1', 'Init:CrashLoopBackOff', '0']],
    ['going', { ...status([running]), metadata: { deletionTimestamp: started } }, ['1/1', 'Terminating', '0']],
    ['evicted', { spec, status: { phase: 'Failed', reason: 'Evicted' } }, ['0/1', 'Evicted', '0']],
  ];
  for (const [what, fields, row] of cases) {
    it(`show that it is ${what}`, () => {
      const shown = cells(pod, fields as Record<string, any>);
      expect([shown['Ready'], shown['Status'], shown['Restarts']]).to.deep.equal(row);
      expect(shown['Age']).to.equal('10m');
    });
  }

  it('show where it runs', () => {
    const shown = cells(pod, { spec: { ...spec, nodeName: 'n1' }, status: { podIPs: [{ ip: '10.0.0.1' }] } });
    expect(shown).to.include({ IP: '10.0.0.1', Node: 'n1', 'Nominated Node': '<none>', 'Readiness Gates': '<none>' });
  });
});

describe('the end of a pod', () => {
  const cases: [what: string, fields: object, requested: number | undefined, seconds: number][] = [
    ['on no node', { spec }, undefined, 0],
    ['on a node', { spec: { ...spec, nodeName: 'n', terminationGracePeriodSeconds: 7 } }, undefined, 7],
    ['asked to go at once', { spec: { ...spec, nodeName: 'n' } }, 0, 0],
    ['that is over', { spec: { ...spec, nodeName: 'n' }, status: { phase: 'Failed' } }, undefined, 0],
    ['with a negative period', { spec: { ...spec, nodeName: 'n', terminationGracePeriodSeconds: -1 } }, undefined, 1],
  ];
  for (const [what, fields, requested, seconds] of cases) {
    it(`${what} takes ${seconds} seconds`, () => {
      expect(pod.gracePeriod!(object(pod, fields), requested)).to.equal(seconds);
    });
  }
});

describe('the subresources of a pod', () => {
  const lens = (name: string) => pod.subresources.find((s) => s.name === name)!;
  const texts = (errors: FieldError[]) => errors.map((e) => `${e.field}: ${e.message}`);
  const binding = { metadata: { name: 'web', annotations: { a: 'b' } }, target: { kind: 'Node', name: 'n1' } };

  it('binding puts it on a node and says so', () => {
    const bound = lens('binding').set!(created(pod, { spec }), binding, { now: NOW, user: 'ann' });
    expect(bound.spec!.nodeName).to.equal('n1');
    expect(bound.metadata.annotations).to.deep.equal({ a: 'b' });
    expect(bound.status!.conditions).to.deep.equal([
      { type: 'PodScheduled', status: 'True', lastTransitionTime: '2026-01-01T00:10:00Z' },
    ]);
  });

  it('binding refuses a pod that has its node', () => {
    const bound = created(pod, { spec: { ...spec, nodeName: 'n0' } });
    expect(() => lens('binding').set!(bound, binding)).to.throw(/pod web is already assigned to node "n0"/);
  });

  it('binding names a node, and nothing but a node', () => {
    const bind = (target: object) => () => lens('binding').set!(created(pod, { spec }), { ...binding, target });
    expect(bind({ kind: 'Node' })).to.throw(/^Binding "web" is invalid: target.name: Required value$/);
    expect(bind({ kind: 'Pod', name: 'n' })).to.throw(
      /target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"$/,
    );
  });

  it('ephemeralcontainers adds, and neither changes nor removes', () => {
    const add = lens('ephemeralcontainers');
    const old = created(pod, { spec });
    const debug = { name: 'debug', image: 'busybox' };
    const more = add.set!(old, defaulted(pod, { spec: { ...spec, ephemeralContainers: [debug] } }));
    expect(texts(add.validate!(more, old))).to.deep.equal([]);
    expect(texts(add.validate!(old, more))).to.deep.equal([
      'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be removed',
    ]);
  });

  it('resize changes resources and keeps the class', () => {
    const resize = lens('resize');
    const old = created(pod, withContainer({ resources: { limits: { cpu: '1', memory: '1Gi' } } }));
    const sent = defaulted(pod, withContainer({ image: 'other', resources: { limits: { cpu: '2', memory: '1Gi' } } }));
    const resized = resize.set!(old, sent);
    expect(resized.spec!.containers[0]).to.deep.include({
      image: 'nginx:1.27',
      resources: sent.spec.containers[0].resources,
    });
    expect(texts(resize.validate!(resized, old))).to.deep.equal([]);
    expect(texts(resize.validate!(resize.set!(old, defaulted(pod, { spec })), old))).to.deep.equal([
      'spec: Invalid value: "BestEffort": Pod QOS Class may not change as a result of resizing',
      'spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed',
      'spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
    ]);
  });
});
