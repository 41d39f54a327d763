import { creations, replacements, type Collection, type Scenario } from '../request.ts';

const pod: Collection = {
  path: '/api/v1/namespaces/{ns}/pods',
  base: {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', image: 'registry.local/app:1' }] },
  } as Collection['base'],
};

const container = { name: 'd', image: 'x' };

const valid = {
  'in every field that is common': {
    'metadata.labels': { app: 'web', 'example.com/tier': 'front' },
    'spec.restartPolicy': 'OnFailure',
    'spec.terminationGracePeriodSeconds': 5,
    'spec.activeDeadlineSeconds': 60,
    'spec.dnsPolicy': 'Default',
    'spec.nodeSelector': { disk: 'fast' },
    'spec.hostAliases': [{ ip: '127.0.0.1', hostnames: ['a.local'] }],
    'spec.tolerations': [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 10 }],
    'spec.securityContext': {
      runAsUser: 1000,
      fsGroup: 2000,
      sysctls: [{ name: 'kernel.shm_rmid_forced', value: '1' }],
    },
    'spec.containers.0.ports': [
      { containerPort: 80, name: 'http' },
      { containerPort: 53, protocol: 'UDP' },
    ],
    'spec.containers.0.env': [
      { name: 'A', value: 'b' },
      { name: 'N', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'R', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
    ],
    'spec.containers.0.resources': { limits: { cpu: '1500m', memory: '1Gi' }, requests: { cpu: 0.1 } },
  },
  'with probes': {
    'spec.containers.0.livenessProbe': { httpGet: { port: 80 } },
    'spec.containers.0.readinessProbe': { tcpSocket: { port: 'http' }, periodSeconds: 3 },
    'spec.containers.0.startupProbe': { exec: { command: ['true'] }, failureThreshold: 30 },
    'spec.containers.0.ports': [{ containerPort: 80, name: 'http' }],
    'spec.containers.0.lifecycle': {
      preStop: { exec: { command: ['sleep', '1'] } },
      postStart: { httpGet: { port: 80 } },
    },
  },
  'with volumes': {
    'spec.volumes': [
      { name: 'a', emptyDir: {} },
      { name: 'b', configMap: { name: 'c' } },
      { name: 'c', secret: { secretName: 's', items: [{ key: 'k', path: 'p' }] } },
      { name: 'd', hostPath: { path: '/tmp' } },
      { name: 'e', downwardAPI: { items: [{ path: 'n', fieldRef: { fieldPath: 'metadata.name' } }] } },
      { name: 'f', projected: { sources: [{ serviceAccountToken: { path: 't' } }, { configMap: { name: 'c' } }] } },
      { name: 'g', persistentVolumeClaim: { claimName: 'x' } },
      { name: 'h', nfs: { server: 's', path: '/p' } },
      { name: 'i', iscsi: { targetPortal: '1.2.3.4', iqn: 'iqn.2001-04.com.example:storage.disk1', lun: 1 } },
      { name: 'j', csi: { driver: 'd.example.com' } },
    ],
    'spec.containers.0.volumeMounts': [
      { name: 'a', mountPath: '/a' },
      { name: 'b', mountPath: '/b', subPath: 'x' },
    ],
  },
  'with init containers and affinity': {
    'spec.initContainers': [container],
    'spec.affinity': {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] }],
        },
      },
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 1,
            podAffinityTerm: { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { a: 'b' } } },
          },
        ],
      },
    },
    'spec.topologySpreadConstraints': [
      {
        maxSkew: 1,
        topologyKey: 'zone',
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: { a: 'b' } },
      },
    ],
  },
  'on the network of the node': {
    'spec.hostNetwork': true,
    'spec.containers.0.ports': [{ containerPort: 8080 }],
  },
};

const invalid = {
  'without containers': { 'spec.containers': [] },
  'without a spec': { spec: undefined },
  'without a name': { 'metadata.name': undefined },
  'with a bad name': { 'metadata.name': 'Bad_Name' },
  'with a name that is too long': { 'metadata.name': 'a'.repeat(254) },
  'with bad labels': { 'metadata.labels': { '-a': 'b', ok: 'not ok!' } },
  'with bad annotations': { 'metadata.annotations': { 'a/b/c': 'x' } },
  'with a bad owner': { 'metadata.ownerReferences': [{ apiVersion: 'v1', kind: 'Pod', name: '', uid: '' }] },
  'with two controllers': {
    'metadata.ownerReferences': [
      { apiVersion: 'v1', kind: 'Pod', name: 'a', uid: '1', controller: true },
      { apiVersion: 'v1', kind: 'Pod', name: 'b', uid: '2', controller: true },
    ],
  },
  'with a bad finalizer': { 'metadata.finalizers': ['nonsense!'] },
  'with a container without a name': { 'spec.containers.0.name': undefined },
  'with a container without an image': { 'spec.containers.0.image': undefined },
  'with an image with spaces': { 'spec.containers.0.image': ' x ' },
  'with a container with a bad name': { 'spec.containers.0.name': 'A_b' },
  'with two containers of one name': { 'spec.containers.1': { name: 'c', image: 'x' } },
  'with an init container of the same name': { 'spec.initContainers': [{ name: 'c', image: 'x' }] },
  'with a bad pull policy': { 'spec.containers.0.imagePullPolicy': 'Sometimes' },
  'with a bad restart policy': { 'spec.restartPolicy': 'Maybe' },
  'with a bad dns policy': { 'spec.dnsPolicy': 'Nope' },
  'with dnsPolicy None and no servers': { 'spec.dnsPolicy': 'None' },
  'with many name servers': { 'spec.dnsConfig': { nameservers: ['1.1.1.1', 'x', '3.3.3.3', '4.4.4.4'] } },
  'with a negative grace period': { 'spec.activeDeadlineSeconds': -1 },
  'with a bad port': { 'spec.containers.0.ports': [{ containerPort: 70000 }] },
  'with no port number': { 'spec.containers.0.ports': [{ name: 'http' }] },
  'with a bad port name': { 'spec.containers.0.ports': [{ containerPort: 80, name: 'Not_OK' }] },
  'with a long port name': { 'spec.containers.0.ports': [{ containerPort: 80, name: 'abcdefghijklmnopq' }] },
  'with a bad protocol': { 'spec.containers.0.ports': [{ containerPort: 80, protocol: 'ICMP' }] },
  'with a port name twice': {
    'spec.containers.0.ports': [
      { containerPort: 80, name: 'a' },
      { containerPort: 81, name: 'a' },
    ],
  },
  'with a host port twice': {
    'spec.containers.0.ports': [
      { containerPort: 80, hostPort: 80 },
      { containerPort: 81, hostPort: 80 },
    ],
  },
  'with host ports that differ on the node network': {
    'spec.hostNetwork': true,
    'spec.containers.0.ports': [{ containerPort: 80, hostPort: 81 }],
  },
  'with a bad environment name': { 'spec.containers.0.env': [{ name: 'a=b', value: 'x' }] },
  'with no environment name': { 'spec.containers.0.env': [{ value: 'x' }] },
  'with value and source': {
    'spec.containers.0.env': [{ name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
  },
  'with an unknown field path': {
    'spec.containers.0.env': [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.nope' } } }],
  },
  'with an empty source': { 'spec.containers.0.env': [{ name: 'A', valueFrom: {} }] },
  'with a reference without a key': {
    'spec.containers.0.env': [{ name: 'A', valueFrom: { secretKeyRef: { name: 'x', key: '' } } }],
  },
  'with envFrom without a source': { 'spec.containers.0.envFrom': [{ prefix: 'A' }] },
  'with requests above limits': {
    'spec.containers.0.resources': { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '2', memory: '2Gi' } },
  },
  'with a negative quantity': { 'spec.containers.0.resources': { limits: { cpu: '-1' } } },
  'with an unknown resource': { 'spec.containers.0.resources': { limits: { gold: '1' } } },
  'with an extended resource of which limits differ': {
    'spec.containers.0.resources': { limits: { 'example.com/gpu': '2' }, requests: { 'example.com/gpu': '1' } },
  },
  'with a fraction of an extended resource': {
    'spec.containers.0.resources': { limits: { 'example.com/gpu': '0.5' } },
  },
  'with a quantity that is none': { 'spec.containers.0.resources': { limits: { cpu: 'lots' } } },
  'with two handlers in a probe': {
    'spec.containers.0.livenessProbe': { httpGet: { port: 80 }, tcpSocket: { port: 80 } },
  },
  'with no handler in a probe': { 'spec.containers.0.livenessProbe': { periodSeconds: 1 } },
  'with negative numbers in a probe': {
    'spec.containers.0.livenessProbe': { tcpSocket: { port: 80 }, periodSeconds: -1, timeoutSeconds: -1 },
  },
  'with a success threshold of liveness': {
    'spec.containers.0.livenessProbe': { tcpSocket: { port: 80 }, successThreshold: 2 },
  },
  'with a bad port in a probe': { 'spec.containers.0.readinessProbe': { httpGet: { port: 'no_name', path: '/' } } },
  'with an empty command in a probe': { 'spec.containers.0.readinessProbe': { exec: { command: [] } } },
  'with a bad scheme in a probe': { 'spec.containers.0.readinessProbe': { httpGet: { port: 80, scheme: 'ftp' } } },
  'with an empty lifecycle handler': { 'spec.containers.0.lifecycle': { preStop: {} } },
  'with a mount of no volume': { 'spec.containers.0.volumeMounts': [{ name: 'x', mountPath: '/x' }] },
  'with a mount without a path': {
    'spec.volumes': [{ name: 'x', emptyDir: {} }],
    'spec.containers.0.volumeMounts': [{ name: 'x' }],
  },
  'with one path twice': {
    'spec.volumes': [{ name: 'x', emptyDir: {} }],
    'spec.containers.0.volumeMounts': [
      { name: 'x', mountPath: '/x' },
      { name: 'x', mountPath: '/x' },
    ],
  },
  'with a sub path that climbs': {
    'spec.volumes': [{ name: 'x', emptyDir: {} }],
    'spec.containers.0.volumeMounts': [{ name: 'x', mountPath: '/x', subPath: '../y' }],
  },
  'with bidirectional propagation': {
    'spec.volumes': [{ name: 'x', emptyDir: {} }],
    'spec.containers.0.volumeMounts': [{ name: 'x', mountPath: '/x', mountPropagation: 'Bidirectional' }],
  },
  'with a volume of no source that is none': { 'spec.volumes': [{ name: 'Bad_Name', emptyDir: {} }] },
  'with two sources of a volume': { 'spec.volumes': [{ name: 'x', emptyDir: {}, hostPath: { path: '/' } }] },
  'with a volume twice': {
    'spec.volumes': [
      { name: 'x', emptyDir: {} },
      { name: 'x', emptyDir: {} },
    ],
  },
  'with a host path that climbs': { 'spec.volumes': [{ name: 'x', hostPath: { path: '/a/../b' } }] },
  'with a bad host path type': { 'spec.volumes': [{ name: 'x', hostPath: { path: '/a', type: 'Nope' } }] },
  'with a config map without a name': { 'spec.volumes': [{ name: 'x', configMap: {} }] },
  'with a secret without a name': { 'spec.volumes': [{ name: 'x', secret: {} }] },
  'with a bad mode': { 'spec.volumes': [{ name: 'x', secret: { secretName: 's', defaultMode: 1000 } }] },
  'with a claim without a name': { 'spec.volumes': [{ name: 'x', persistentVolumeClaim: {} }] },
  'with an item without a key': { 'spec.volumes': [{ name: 'x', configMap: { name: 'c', items: [{ path: 'p' }] } }] },
  'with an absolute item': {
    'spec.volumes': [{ name: 'x', configMap: { name: 'c', items: [{ key: 'k', path: '/p' }] } }],
  },
  'with one projected path twice': {
    'spec.volumes': [
      {
        name: 'x',
        projected: {
          sources: [
            { configMap: { name: 'a', items: [{ key: 'k', path: 'p' }] } },
            { secret: { name: 'b', items: [{ key: 'k', path: 'p' }] } },
          ],
        },
      },
    ],
  },
  'with a short-lived token': {
    'spec.volumes': [
      { name: 'x', projected: { sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 5 } }] } },
    ],
  },
  'with a bad toleration': { 'spec.tolerations': [{ key: 'a', operator: 'Exists', value: 'b' }] },
  'with a toleration without a key': { 'spec.tolerations': [{ operator: 'Equal', value: 'b' }] },
  'with seconds for the wrong effect': {
    'spec.tolerations': [{ key: 'a', operator: 'Exists', effect: 'NoSchedule', tolerationSeconds: 1 }],
  },
  'with a bad node selector': { 'spec.nodeSelector': { 'a b': 'c' } },
  'with node affinity without terms': {
    'spec.affinity': { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } },
  },
  'with a bad operator': {
    'spec.affinity': {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Like', values: ['b'] }] }],
        },
      },
    },
  },
  'with In and no values': {
    'spec.affinity': {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In' }] }],
        },
      },
    },
  },
  'with Gt of a word': {
    'spec.affinity': {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Gt', values: ['b', 'c'] }] }],
        },
      },
    },
  },
  'with pod affinity without a topology key': {
    'spec.affinity': { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: {} }] } },
  },
  'with a weight that is too large': {
    'spec.affinity': {
      podAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 101, podAffinityTerm: { topologyKey: 'a' } }],
      },
    },
  },
  'with spread constraints that make no sense': {
    'spec.topologySpreadConstraints': [{ maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'Perhaps' }],
  },
  'with a spread constraint twice': {
    'spec.topologySpreadConstraints': [
      { maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule' },
      { maxSkew: 2, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule' },
    ],
  },
  'with bad host names': { 'spec.hostname': 'Bad.Name', 'spec.subdomain': 'Bad_Name' },
  'with bad host aliases': { 'spec.hostAliases': [{ ip: 'x', hostnames: ['a b'] }] },
  'with a negative user': { 'spec.securityContext': { runAsUser: -1, runAsGroup: -1, fsGroup: -1 } },
  'with bad sysctls': { 'spec.securityContext': { sysctls: [{ name: 'Bad Name', value: '1' }, { name: '' }] } },
  'privileged without escalation': {
    'spec.containers.0.securityContext': { privileged: true, allowPrivilegeEscalation: false },
  },
  'with an unknown seccomp profile': { 'spec.securityContext': { seccompProfile: { type: 'Nope' } } },
  'with a local seccomp profile without a file': { 'spec.securityContext': { seccompProfile: { type: 'Localhost' } } },
  'with shared processes of the host': { 'spec.hostPID': true, 'spec.shareProcessNamespace': true },
  'with a bad account': { 'spec.serviceAccountName': 'Bad_Name' },
  'with an account that is not there': { 'spec.serviceAccountName': 'nobody' },
  'with a priority class that is not there': { 'spec.priorityClassName': 'nobody' },
  'with a priority of its own': { 'spec.priority': 5 },
  'with a readiness gate': { 'spec.readinessGates': [{ conditionType: 'not ok' }] },
  'with image pull secrets': { 'spec.imagePullSecrets': [{ name: '' }] },
  'with an ephemeral container': { 'spec.ephemeralContainers': [{ name: 'e', image: 'x' }] },
  'with a bad node name': { 'spec.nodeName': 'Bad Name' },
  'in another namespace': { 'metadata.namespace': 'elsewhere' },
  'of another version': { apiVersion: 'v2' },
  'of another kind': { kind: 'Service' },
  'with a version of the store': { 'metadata.resourceVersion': '7' },
  'with a field of the wrong type': { 'spec.containers': 'c' },
  'with a number of the wrong type': { 'spec.terminationGracePeriodSeconds': 'soon' },
  'with a time that is none': { 'metadata.creationTimestamp': 'soon' },
};

const changes = {
  'not at all': {},
  'its image': { 'spec.containers.0.image': 'registry.local/app:2' },
  'its labels': { 'metadata.labels': { a: 'b' } },
  'its command': { 'spec.containers.0.command': ['x'] },
  'its containers': { 'spec.containers.1': container },
  'its deadline': { 'spec.activeDeadlineSeconds': 5 },
  'its node': { 'spec.nodeName': 'n' },
  'its tolerations': { 'spec.tolerations': [{ key: 'x', operator: 'Exists' }] },
  'its restart policy': { 'spec.restartPolicy': 'Never' },
  'its name': { 'metadata.name': 'other' },
  'its namespace': { 'metadata.namespace': 'other' },
  'its uid': { 'metadata.uid': 'other' },
  'an old version': { 'metadata.resourceVersion': '1' },
  'a version that is none': { 'metadata.resourceVersion': 'x' },
  'a bad label': { 'metadata.labels': { a: 'b c' } },
  'no containers': { 'spec.containers': [] },
};

export const pods: readonly Scenario[] = [
  creations('pods', pod, { ...valid, ...invalid }),
  replacements('pods', pod, changes),
];
