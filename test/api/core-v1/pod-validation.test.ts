import { expect } from 'chai';
import { podTemplate } from '../../../src/api/core-v1/pod-template.ts';
import { pod } from '../../../src/api/core-v1/pod.ts';
import { createErrors, defaulted, updateErrors } from '../kind-cases.ts';

const container = { name: 'app', image: 'nginx:1.27' };
type Case = [what: string, spec: object, ...errors: string[]];

/** A pod with one container of which `more` is said. */
const has = (more: object, rest: object = {}) => ({ containers: [{ ...container, ...more }], ...rest });
const also = (rest: object) => has({}, rest);
const volume = (source: object) => also({ volumes: [{ name: 'v', ...source }] });
const mounts = (mount: object, more: object = {}) =>
  has({ volumeMounts: [{ name: 'v', mountPath: '/v', ...mount }], ...more }, { volumes: [{ name: 'v' }] });
const secured = (securityContext: object, rest: object = {}) => has({ securityContext }, rest);

function judge(title: string, at: string, cases: readonly Case[]): void {
  describe(title, () => {
    for (const [what, spec, ...errors] of cases) {
      it(what, () => {
        expect(createErrors(pod, { spec })).to.deep.equal(errors.map((e) => (e.startsWith('.') ? at + e : e)));
      });
    }
  });
}

judge('validation of volumes', 'spec.volumes[0]', [
  [
    'an Azure disk by a wrong address',
    volume({ azureDisk: { diskName: 'a', diskURI: 'b', kind: 'Managed' } }),
    '.azureDisk.diskURI: Unsupported value: "b": supported values: "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"',
  ],
  [
    'cinder with a secret of no name',
    volume({ cinder: { volumeID: 'a', secretRef: {} } }),
    '.cinder.secretRef.name: Required value',
  ],
  [
    'quobyte of hosts without ports',
    volume({ quobyte: { registry: 'a:1,b', volume: 'v' } }),
    '.quobyte.registry: Invalid value: "a:1,b": must be a host:port pair or multiple pairs separated by commas',
  ],
  [
    'storageos by a name that is none',
    volume({ storageos: { volumeName: 'A', secretRef: { name: 's' } } }),
    ".storageos.volumeName: Invalid value: \"A\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  ],
  [
    'nfs without anything',
    volume({ nfs: {} }),
    '.nfs.server: Required value',
    '.nfs.path: Required value',
    '.nfs.path: Invalid value: "": must be an absolute path',
  ],
  [
    'nfs of a relative path',
    volume({ nfs: { server: 's', path: 'p' } }),
    '.nfs.path: Invalid value: "p": must be an absolute path',
  ],
  [
    'iscsi',
    volume({ iscsi: { iqn: 'x', lun: 300 } }),
    '.iscsi.targetPortal: Required value',
    '.iscsi.iqn: Invalid value: "x": must be valid format starting with iqn, eui, or naa',
    '.iscsi.lun: Invalid value: 300: must be between 0 and 255, inclusive',
  ],
  ['iscsi that is sound', volume({ iscsi: { targetPortal: 'p', iqn: 'iqn.2015-02.example.com:test', lun: 0 } })],
  ['rbd', volume({ rbd: {} }), '.rbd.monitors: Required value', '.rbd.image: Required value'],
  ['fc', volume({ fc: { targetWWNs: ['a'] } }), '.fc.lun: Required value: lun is required if targetWWNs is specified'],
  [
    'a disk without a name',
    volume({ gcePersistentDisk: { partition: 256 } }),
    '.gcePersistentDisk.pdName: Required value',
    '.gcePersistentDisk.partition: Invalid value: 256: must be between 0 and 255, inclusive',
  ],
  ['a claim without a name', volume({ persistentVolumeClaim: {} }), '.persistentVolumeClaim.claimName: Required value'],
  [
    'a host path upwards of an unknown type',
    volume({ hostPath: { path: '/a/../b', type: 'Foo' } }),
    `.hostPath.path: Invalid value: "/a/../b": must not contain '..'`,
    '.hostPath.type: Unsupported value: "Foo": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
  ],
  [
    'secret files',
    volume({ secret: { defaultMode: 512, items: [{ path: '/abs' }, { key: 'k', path: '..x' }] } }),
    '.secret.secretName: Required value',
    '.secret.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive',
    '.secret.items[0].key: Required value',
    '.secret.items[0].path: Invalid value: "/abs": must be a relative path',
    `.secret.items[1].path: Invalid value: "..x": must not start with '..'`,
  ],
  [
    'downward files, whose errors have no index',
    volume({ downwardAPI: { items: [{ path: 'a', fieldRef: { fieldPath: 'status.podIP' } }, { path: 'b' }] } }),
    '.downwardAPI.fieldRef.fieldPath: Unsupported value: "status.podIP": supported values: "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"',
    '.downwardAPI: Required value: one of fieldRef and resourceFieldRef is required',
  ],
  [
    'a resource of no container',
    volume({ downwardAPI: { items: [{ path: 'a', resourceFieldRef: { resource: 'limits.cpu' } }] } }),
    '.downwardAPI.resourceFieldRef.containerName: Required value',
  ],
  [
    'projected sources in conflict',
    volume({
      projected: {
        sources: [
          { secret: { name: 's', items: [{ key: 'a', path: 'p' }] } },
          { configMap: { name: 'c', items: [{ key: 'a', path: 'p' }] } },
          { serviceAccountToken: { path: '', expirationSeconds: 60 } },
        ],
      },
    }),
    '.projected: Invalid value: "c": conflicting duplicate paths',
    '.projected.sources[2].serviceAccountToken.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
    '.projected.sources[2].serviceAccountToken.path: Required value',
  ],
  [
    'a claim template',
    volume({ ephemeral: { volumeClaimTemplate: { spec: { accessModes: ['Foo'] } } } }),
    '.ephemeral.volumeClaimTemplate.spec.accessModes: Unsupported value: "Foo": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
    '.ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value',
  ],
  ['csi without a driver', volume({ csi: {} }), '.csi.driver: Required value'],
  [
    'an image',
    volume({ image: { pullPolicy: 'Foo' } }),
    '.image.reference: Required value',
    '.image.pullPolicy: Unsupported value: "Foo": supported values: "Always", "IfNotPresent", "Never"',
  ],
  [
    'that cannot be mounted because it is wrong',
    has({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }, { volumes: [{ name: 'v', secret: {} }] }),
    '.secret.secretName: Required value',
    'spec.containers[0].volumeMounts[0].name: Not found: "v"',
  ],
  ['of one name', also({ volumes: [{ name: 'v' }, { name: 'v' }] }), 'spec.volumes[1].name: Duplicate value: "v"'],
]);

judge('validation of mounts', 'spec.containers[0]', [
  [
    'below a path of the host',
    mounts({ subPath: '/x' }),
    '.volumeMounts.subPath: Invalid value: "/x": must be a relative path',
  ],
  [
    'with two sub paths',
    mounts({ subPath: 'x', subPathExpr: 'y' }),
    '.volumeMounts[0].subPathExpr: Invalid value: "y": subPathExpr and subPath are mutually exclusive',
  ],
  [
    'that propagate',
    mounts({ mountPropagation: 'Bidirectional' }),
    '.volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers',
  ],
  [
    'that propagate from a privileged one',
    mounts({ mountPropagation: 'Bidirectional' }, { securityContext: { privileged: true } }),
  ],
  [
    'that are read only all the way down',
    mounts({ recursiveReadOnly: 'Enabled', mountPropagation: 'HostToContainer' }),
    '.volumeMounts[0].recursiveReadOnly: Forbidden: may only be specified when readOnly is true',
    '.volumeMounts[0].recursiveReadOnly: Forbidden: may only be specified when mountPropagation is None or not specified',
  ],
  [
    'of block devices',
    has({ volumeDevices: [{ name: 'v', devicePath: '/dev/../x' }, { name: 'w' }] }, { volumes: [{ name: 'v' }] }),
    '.volumeDevices[0].name: Invalid value: "v": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
    `.volumeDevices[0].devicePath: Invalid value: "/dev/../x": can not contain backsteps ('..')`,
    '.volumeDevices[1].name: Not found: "w"',
    '.volumeDevices[1].devicePath: Required value',
  ],
]);

const env = (valueFrom: object) => has({ env: [{ name: 'A', valueFrom }] });
judge('validation of containers', 'spec.containers[0]', [
  [
    'in an image with space around it',
    has({ image: ' x' }),
    '.image: Invalid value: " x": must not have leading or trailing whitespace',
  ],
  ['with a nameless variable', has({ env: [{ value: 'x' }] }), '.env[0].name: Required value'],
  [
    'with a field that no variable can have',
    env({ fieldRef: { fieldPath: 'metadata.labels' } }),
    '.env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"',
  ],
  ['with a label', env({ fieldRef: { fieldPath: "metadata.labels['app']" } })],
  [
    'with a field that no pod has',
    env({ fieldRef: { fieldPath: 'spec.foo' } }),
    '.env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.foo": error converting fieldPath: field label not supported: spec.foo',
  ],
  [
    'with a unit that is none',
    env({ resourceFieldRef: { resource: 'limits.cpu', divisor: '2' } }),
    `.env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor's values 1m and 1 are supported with the cpu resource`,
  ],
  [
    'with values from two places',
    env({ secretKeyRef: { name: 's', key: 'k' }, configMapKeyRef: { key: 'k' } }),
    ".env[0].valueFrom.configMapKeyRef.name: Invalid value: \"\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    '.env[0].valueFrom: Invalid value: "": may not have more than one field specified at a time',
  ],
  [
    'with an empty envFrom',
    has({ envFrom: [{}] }),
    '.envFrom[0]: Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
  ],
  [
    'that sleep longer than they may',
    has({ lifecycle: { preStop: { sleep: { seconds: 31 } } } }),
    '.lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)',
  ],
  [
    'with a signal but no system',
    has({ lifecycle: { stopSignal: 'SIGUSR1' } }),
    '.lifecycle.stopSignal: Forbidden: may not be set for containers with empty `spec.os.name`',
  ],
  ['with a signal', has({ lifecycle: { stopSignal: 'SIGUSR1' } }, { os: { name: 'linux' } })],
  [
    'with rules for restarts',
    has({ restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'Is', values: [1] } }] }),
    '.restartPolicy: Required value: must specify restartPolicy when restart rules are used',
    '.restartPolicyRules[0].exitCodes.operator: Unsupported value: "Is": supported values: "In", "NotIn"',
  ],
  [
    'with huge pages alone',
    has({ resources: { limits: { 'hugepages-2Mi': '3Mi' } } }),
    '.resources.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
    '.resources.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
    '.resources: Forbidden: HugePages require cpu or memory',
  ],
  [
    'with half a device',
    has({ resources: { requests: { 'a.b/gpu': '500m' } } }),
    '.resources.requests[a.b/gpu]: Invalid value: "500m": must be an integer',
    '.resources.limits: Required value: Limit must be set for non overcommitable resources',
  ],
  [
    'with a claim of nothing',
    has({ resources: { claims: [{ name: 'c' }] } }),
    '.resources.claims[0]: Not found: "c": must be one of the names in pod.spec.resourceClaims which is empty',
  ],
  [
    'that restart to grow in a pod that never restarts',
    has({ resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] }, { restartPolicy: 'Never' }),
    ".resizePolicy: Invalid value: \"RestartContainer\": must be 'NotRequired' when `restartPolicy` is 'Never'",
  ],
  [
    'with a bad header',
    has({ livenessProbe: { httpGet: { port: 1, httpHeaders: [{ name: 'a b' }] } } }),
    `.livenessProbe.httpGet.httpHeaders: Invalid value: "a b": a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')`,
  ],
]);

judge('validation of security contexts', 'spec.containers[0].securityContext', [
  [
    'of users that cannot be',
    secured({ runAsUser: -1, runAsGroup: 2 ** 31 }),
    '.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive',
    '.runAsGroup: Invalid value: 2147483648: must be between 0 and 2147483647, inclusive',
  ],
  [
    'that unmask /proc for users of the host',
    secured({ procMount: 'Unmasked' }),
    '.procMount: Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`',
  ],
  [
    'that escalate',
    secured({ allowPrivilegeEscalation: false, privileged: true }),
    'spec.containers[0].securityContext: Invalid value: {"allowPrivilegeEscalation":false,"privileged":true}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
  ],
  [
    'of a local seccomp profile',
    secured({ seccompProfile: { type: 'Localhost' } }),
    '.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost',
  ],
  [
    'of no seccomp type',
    secured({ seccompProfile: {} }),
    '.seccompProfile.type: Required value: type is required when seccompProfile is set',
  ],
  [
    'of a local AppArmor profile',
    secured({ appArmorProfile: { type: 'Localhost', localhostProfile: ' x' } }),
    '.appArmorProfile.localhostProfile: Invalid value: " x": must not be padded with whitespace',
  ],
  [
    'of kernel settings',
    also({ hostNetwork: true, securityContext: { sysctls: [{ name: 'net.a' }, { name: 'A' }, {}] } }),
    `spec.securityContext.sysctls[0].name: Invalid value: "net.a": may not be specified when 'hostNetwork' is true`,
    'spec.securityContext.sysctls[1].name: Invalid value: "A": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$',
    'spec.securityContext.sysctls[2].name: Required value',
  ],
  [
    'for Windows',
    secured({ runAsUser: 1, capabilities: {} }, { os: { name: 'windows' }, hostPID: true }),
    'spec.securityContext.hostPID: Forbidden: cannot be set for a windows pod',
    '.capabilities: Forbidden: cannot be set for a windows pod',
    '.runAsUser: Forbidden: cannot be set for a windows pod',
  ],
  [
    'of Windows for Linux',
    secured({ windowsOptions: {} }, { os: { name: 'linux' } }),
    '.windowsOptions: Forbidden: windows options cannot be set for a linux pod',
  ],
]);

const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const spread = { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: {} };
judge('validation of where a pod runs', 'spec', [
  [
    'by fields of nodes',
    also({
      affinity: {
        nodeAffinity: {
          [required]: { nodeSelectorTerms: [{ matchFields: [{ key: 'a', operator: 'In', values: [] }] }] },
        },
      },
    }),
    `.affinity.nodeAffinity.${required}.nodeSelectorTerms[0].matchFields[0].values: Required value: must be only one value when \`operator\` is 'In' or 'NotIn' for node field selector`,
    `.affinity.nodeAffinity.${required}.nodeSelectorTerms[0].matchFields[0].key: Invalid value: "a": not a valid field selector key`,
  ],
  [
    'with other pods',
    also({ affinity: { podAffinity: { [required]: [{}] } } }),
    `.affinity.podAffinity.${required}[0].topologyKey: Required value: can not be empty`,
    `.affinity.podAffinity.${required}[0].topologyKey: Invalid value: "": name part must be non-empty`,
    `.affinity.podAffinity.${required}[0].topologyKey: Invalid value: "": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
  ],
  [
    'spread twice the same way',
    also({ topologySpreadConstraints: [spread, spread] }),
    '.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{zone, DoNotSchedule}"',
  ],
  [
    'spread badly',
    also({
      topologySpreadConstraints: [
        {
          ...spread,
          maxSkew: 0,
          whenUnsatisfiable: 'ScheduleAnyway',
          minDomains: 1,
          matchLabelKeys: ['a'],
          labelSelector: { matchLabels: { a: 'b' } },
        },
      ],
    }),
    '.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
    '.topologySpreadConstraints[0].minDomains: Invalid value: 1: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway',
    '.topologySpreadConstraints[0].matchLabelKeys[0]: Invalid value: "a": exists in both matchLabelKeys and labelSelector',
  ],
  [
    'before its gates are gone',
    also({ nodeName: 'n', schedulingGates: [{ name: 'a.b/c' }, { name: 'a.b/c' }] }),
    '.schedulingGates[1]: Duplicate value: "a.b/c"',
    '.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared',
  ],
]);

judge('validation of the rest of a pod', 'spec', [
  [
    'with users of its own on the network of the host',
    also({ hostUsers: false, hostNetwork: true }),
    '.hostNetwork: Forbidden: when `hostUsers` is false',
  ],
  [
    'with debug containers',
    also({ ephemeralContainers: [{ name: 'd', image: 'i' }] }),
    '.ephemeralContainers: Forbidden: cannot be set on create',
  ],
  [
    'with resources of its own below those of its containers',
    has({ resources: { requests: { cpu: '2' } } }, { resources: { requests: { cpu: '1' } } }),
    '.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2',
  ],
  [
    'with a container that may use more than its pod',
    has({ resources: { limits: { cpu: '2' }, requests: { cpu: '1' } } }, { resources: { limits: { cpu: '1' } } }),
    '.resources.containers[0][cpu].limits: Invalid value: "2": must be less than or equal to pod limits of 1',
  ],
  [
    'with claims of two sources',
    also({ resourceClaims: [{ name: 'a', resourceClaimName: 'x', resourceClaimTemplateName: 'y' }] }),
    '.resourceClaims[0]: Invalid value: {"name":"a","resourceClaimName":"x","resourceClaimTemplateName":"y"}: at most one of `resourceClaimName`, `resourceClaimTemplateName` may be specified',
  ],
  [
    'with too many searches',
    also({ dnsConfig: { searches: Array.from({ length: 33 }, () => 'a'), options: [{}] } }),
    `.dnsConfig.searches: Invalid value: ${JSON.stringify(Array.from({ length: 33 }, () => 'a'))}: must not have more than 32 search paths`,
    '.dnsConfig.options[0]: Required value: must not be empty',
  ],
  [
    "that shares its processes and the host's",
    also({ hostPID: true, shareProcessNamespace: true }),
    '.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled',
  ],
  [
    'of an unknown system',
    also({ os: { name: 'dos' } }),
    '.os.name: Unsupported value: "dos": supported values: "linux", "windows"',
  ],
  [
    'with an overhead of what is no resource',
    also({ overhead: { foo: '1' } }),
    '.overhead.limits[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
    '.overhead.limits[foo]: Invalid value: "foo": must be a standard resource for containers',
  ],
  ['with pull secrets without names', also({ imagePullSecrets: [{}] })],
  [
    'whose init containers use one port one after the other',
    also({
      initContainers: [1, 2].map((n) => ({ name: `i${n}`, image: 'i', ports: [{ containerPort: 1, hostPort: 80 }] })),
    }),
  ],
]);

describe('a pod template', () => {
  it('has its labels and annotations judged by their short paths', () => {
    const template = { metadata: { labels: { a: 'x'.repeat(64) } }, spec: also({ restartPolicy: 'Always' }) };
    const made = defaulted(podTemplate, { template });
    expect(podTemplate.validate!(made).map((e) => `${e.field}: ${e.message}`)).to.deep.equal([
      `template.labels: Invalid value: "${'x'.repeat(64)}": must be no more than 63 bytes`,
    ]);
  });
});

describe('changing where a gated pod runs', () => {
  const terms = (...nodeSelectorTerms: object[]) => ({ nodeAffinity: { [required]: { nodeSelectorTerms } } });
  const term = (...keys: string[]) => ({ matchExpressions: keys.map((key) => ({ key, operator: 'Exists' })) });
  const gated = (rest: object) => ({ spec: also({ schedulingGates: [{ name: 'a.b/c' }], ...rest }) });
  const field = `spec.affinity.nodeAffinity.${required}.nodeSelectorTerms`;
  const cases: [what: string, before: object, after: object, errors: RegExp[]][] = [
    ['adds to its selector', {}, { nodeSelector: { a: 'b' } }, []],
    [
      'takes from its selector',
      { nodeSelector: { a: 'b' } },
      {},
      [/^spec.nodeSelector: .*: only additions are allowed/],
    ],
    ['gives it an affinity', {}, { affinity: terms(term('a')) }, []],
    ['narrows its affinity', { affinity: terms(term('a')) }, { affinity: terms(term('a', 'b')) }, []],
    [
      'widens its affinity',
      { affinity: terms(term('a')) },
      { affinity: terms(term('b')) },
      [/nodeSelectorTerms\[0\]: .*only additions/],
    ],
    [
      'adds a term',
      { affinity: terms(term('a')) },
      { affinity: terms(term('a'), term('b')) },
      [new RegExp(`^${field.replaceAll('.', '\\.')}: .*no additions/deletions`)],
    ],
    [
      'gives it other pods to avoid',
      {},
      { affinity: { podAntiAffinity: {} } },
      [/^spec: Forbidden: pod updates may not change/],
    ],
  ];
  for (const [what, before, after, errors] of cases) {
    it(what, () => {
      const found = updateErrors(pod, gated(before), gated(after));
      expect(found).to.have.length(errors.length);
      found.forEach((text, i) => expect(text).to.match(errors[i]!));
    });
  }
});

describe('changing the status of a pod', () => {
  const status = pod.subresources.find((s) => s.name === 'status')!;
  const ended = (exitCode: number) => ({ name: 'app', state: { terminated: { exitCode } } });
  const running = { name: 'app', state: { running: {} } };
  const change = (restartPolicy: string, before: object, after: object, list = 'containerStatuses') => {
    const make = (one: object) => ({
      ...defaulted(pod, { spec: also({ restartPolicy }) }),
      status: { qosClass: 'BestEffort', [list]: [one] },
    });
    return status.validate!(make(after), make(before)).map((e) => `${e.field}: ${e.message}`);
  };
  const forbidden = (list: string) => [
    `status.${list}[0].state: Forbidden: may not be transitioned to non-terminated state`,
  ];

  it('restarts what may be restarted', () => {
    expect(change('Always', ended(0), running)).to.deep.equal([]);
    expect(change('OnFailure', ended(1), running)).to.deep.equal([]);
    expect(change('Never', running, ended(0))).to.deep.equal([]);
  });

  it('leaves ended what has ended for good', () => {
    expect(change('OnFailure', ended(0), running)).to.deep.equal(forbidden('containerStatuses'));
    expect(change('Never', ended(1), running)).to.deep.equal(forbidden('containerStatuses'));
    expect(change('Always', ended(1), running, 'ephemeralContainerStatuses')).to.deep.equal(
      forbidden('ephemeralContainerStatuses'),
    );
  });

  it('keeps the class, also when it is not mentioned', () => {
    const old = { ...defaulted(pod, { spec: also({}) }), status: { qosClass: 'BestEffort' } };
    const other = { ...old, status: { qosClass: 'Burstable' } };
    expect(status.validate!(other, old).map((e) => e.message)).to.deep.equal([
      'Invalid value: "Burstable": field is immutable',
    ]);
    const silent = { ...old, status: {} };
    pod.prepareForUpdate!(silent, old, { now: 0, user: 'a', subresource: 'status' });
    expect(silent.status).to.deep.equal({ qosClass: 'BestEffort' });
  });
});

describe('defaults of volumes and references', () => {
  it('are those of the documentation', () => {
    const spec = defaulted(pod, {
      spec: {
        containers: [
          { ...container, env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } }] },
        ],
        volumes: [
          { name: 'a', iscsi: {} },
          { name: 'b', rbd: {} },
          { name: 'c', azureDisk: {} },
          { name: 'd', scaleIO: {} },
          {
            name: 'e',
            ephemeral: { volumeClaimTemplate: { spec: { resources: { requests: { storage: '1024Mi' } } } } },
          },
        ],
      },
    }).spec;
    expect(spec.containers[0].env[0].valueFrom.resourceFieldRef.divisor).to.equal('0');
    expect(spec.volumes).to.deep.equal([
      { name: 'a', iscsi: { iscsiInterface: 'default' } },
      { name: 'b', rbd: { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' } },
      { name: 'c', azureDisk: { cachingMode: 'ReadWrite', kind: 'Shared', fsType: 'ext4', readOnly: false } },
      { name: 'd', scaleIO: { storageMode: 'ThinProvisioned', fsType: 'xfs' } },
      {
        name: 'e',
        ephemeral: {
          volumeClaimTemplate: { spec: { volumeMode: 'Filesystem', resources: { requests: { storage: '1Gi' } } } },
        },
      },
    ]);
  });

  it('ask for a pod what its containers ask for, else its limit', () => {
    const { resources } = defaulted(pod, {
      spec: has({ resources: { requests: { cpu: '1' } } }, { resources: { limits: { cpu: '2', memory: '1Gi' } } }),
    }).spec;
    expect(resources.requests).to.deep.equal({ cpu: '1', memory: '1Gi' });
  });
});
