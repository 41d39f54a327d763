import { expect } from 'chai';
import { deployment } from '../../../src/api/apps-v1/deployment.ts';
import { pod } from '../../../src/api/core-v1/pod.ts';
import { created } from '../kind-cases.ts';

const container = { name: 'app', image: 'nginx:1.27' };
const has = (more: object, rest: object = {}) => ({ spec: { containers: [{ ...container, ...more }], ...rest } });
const also = (rest: object, metadata: object = {}) => ({ ...has({}, rest), metadata });
const ports = (...list: object[]) => has({ ports: list.map((port) => ({ containerPort: 80, ...port })) });

describe('what the creator of a pod is warned of', () => {
  const cases: [what: string, fields: object, ...warnings: string[]][] = [
    ['nothing', has({})],
    [
      'old labels of nodes',
      also({
        nodeSelector: { 'beta.kubernetes.io/os': 'linux' },
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: 'failure-domain.beta.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' },
        ],
      }),
      'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
      'spec.topologySpreadConstraints[0].topologyKey: failure-domain.beta.kubernetes.io/zone is deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
      'spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod',
    ],
    [
      'old annotations',
      also({}, { annotations: { 'seccomp.security.alpha.kubernetes.io/pod': 'x' } }),
      'metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead',
    ],
    [
      'old volumes',
      also({
        volumes: [
          { name: 'a', gitRepo: { repository: 'r' } },
          { name: 'b', rbd: {} },
        ],
      }),
      'spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+',
      'spec.volumes[1].rbd: deprecated in v1.28, non-functional in v1.31+',
    ],
    [
      'parts of bytes',
      has({ resources: { requests: { memory: '400m', cpu: '400m' } } }),
      'spec.containers[0].resources.requests[memory]: fractional byte value "400m" is invalid, must be an integer',
    ],
    [
      'hidden variables',
      has({
        env: [
          { name: 'A', value: 'x' },
          { name: 'A', value: '$(A)y' },
          { name: 'A', value: 'z' },
        ],
      }),
      'spec.containers[0].env[2]: hides previous definition of "A", which may be dropped when using apply',
    ],
    [
      'one port twice',
      ports({ name: 'a' }, { name: 'b' }),
      'spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]',
    ],
    [
      'one port in two ways',
      ports({ name: 'a', hostPort: 80 }, { name: 'b' }),
      'spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]',
    ],
    [
      'an address without a port',
      ports({ hostIP: '1.2.3.4' }),
      'spec.containers[0].ports[0]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:80 Protocol:TCP HostIP:1.2.3.4}',
    ],
    [
      'secrets without names, and twice',
      also({ imagePullSecrets: [{}, { name: 'a' }, { name: 'a' }] }),
      'spec.imagePullSecrets[0].name: invalid empty name ""',
      'spec.imagePullSecrets[2].name: duplicate name "a"',
    ],
    [
      'a negative period',
      also({ terminationGracePeriodSeconds: -1 }),
      'spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1',
    ],
    [
      'a name that is no host name',
      also({}, { name: 'a.b' }),
      "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
    ],
  ];
  for (const [what, fields, ...warnings] of cases) {
    it(what, () => expect(pod.warnings!(created(pod, fields as any))).to.deep.equal(warnings));
  }

  it('nothing on a change', () => {
    const made = created(pod, also({ terminationGracePeriodSeconds: -1 }));
    expect(pod.warnings!(made, made)).to.deep.equal([]);
  });
});

describe('what the writer of a workload is warned of', () => {
  it('is about its template, when it changes', () => {
    const template = also({ terminationGracePeriodSeconds: -1 }, { labels: { a: 'b' } });
    const made = created(deployment, { spec: { template, selector: { matchLabels: { a: 'b' } } } });
    const warning = `spec.template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`;
    expect(deployment.warnings!(made)).to.deep.equal([warning]);
    expect(deployment.warnings!(made, made)).to.deep.equal([]);
    const next = { ...made, metadata: { ...made.metadata, generation: 2 } };
    expect(deployment.warnings!(next, made)).to.deep.equal([warning]);
  });
});
