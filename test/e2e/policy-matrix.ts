import type { NetworkPolicy } from '../../src/api/networking-v1/network-policy.ts';
import { policyOf } from '../network-policy/objects.ts';

/** A try from one pod (or `outside`) to a port of another. */
export interface Try {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
  readonly family: 4 | 6;
}

export interface Case {
  readonly title: string;
  readonly policies: readonly NetworkPolicy[];
  /** Whether a try gets through; to itself a pod always does. */
  readonly allowed: (what: Try) => boolean;
}

const inX = (pod: string) => pod.startsWith('x/');
const only = (name: string) => ({ matchLabels: { pod: name } });
const namespace = (name: string) => ({ matchLabels: { ns: name } });

/** Policies, and in words of their own what they mean. */
export const cases: readonly Case[] = [
  { title: 'no policy', policies: [], allowed: () => true },
  {
    title: 'nothing comes into x',
    policies: [policyOf({ policyTypes: ['Ingress'] })],
    allowed: ({ to }) => !inX(to),
  },
  {
    title: 'nothing leaves x',
    policies: [policyOf({ policyTypes: ['Egress'] })],
    allowed: ({ from }) => !inX(from),
  },
  {
    title: 'nothing comes into x or leaves it, but all comes to x/b and leaves x/c',
    policies: [
      policyOf({ policyTypes: ['Ingress', 'Egress'] }),
      policyOf({ podSelector: only('b'), policyTypes: ['Ingress'], ingress: [{}] }, 'x/in'),
      policyOf({ podSelector: only('c'), policyTypes: ['Egress'], egress: [{}] }, 'x/out'),
    ],
    allowed: ({ from, to }) => (!inX(from) || from === 'x/c') && (!inX(to) || to === 'x/b'),
  },
  {
    title: 'x/a hears the pods b of its namespace and all of y',
    policies: [
      policyOf({
        podSelector: only('a'),
        policyTypes: ['Ingress'],
        ingress: [{ from: [{ podSelector: only('b') }, { namespaceSelector: namespace('y') }] }],
      }),
    ],
    allowed: ({ from, to }) => to !== 'x/a' || from === 'x/b' || from.startsWith('y/'),
  },
  {
    title: 'x/a hears the pods b of y and z, and of nobody else',
    policies: [
      policyOf({
        podSelector: only('a'),
        policyTypes: ['Ingress'],
        ingress: [
          {
            from: [
              {
                podSelector: only('b'),
                namespaceSelector: { matchExpressions: [{ key: 'ns', operator: 'NotIn', values: ['x'] }] },
              },
            ],
          },
        ],
      }),
    ],
    allowed: ({ from, to }) => to !== 'x/a' || from === 'y/b' || from === 'z/b',
  },
  {
    title: 'x is heard at one port by its number, y at one by its name, z at a range and by datagrams',
    policies: [
      policyOf({ policyTypes: ['Ingress'], ingress: [{ ports: [{ protocol: 'TCP', port: 81 }] }] }),
      policyOf({ policyTypes: ['Ingress'], ingress: [{ ports: [{ protocol: 'TCP', port: 'serve-80' }] }] }, 'y/p'),
      policyOf(
        {
          policyTypes: ['Ingress'],
          ingress: [{ ports: [{ protocol: 'TCP', port: 81, endPort: 90 }, { protocol: 'UDP' }] }],
        },
        'z/p',
      ),
    ],
    allowed: ({ to, port, protocol }) => {
      if (inX(to)) return protocol === 'TCP' && port === 81;
      if (to.startsWith('y/')) return protocol === 'TCP' && port === 80;
      return to === 'outside' || protocol === 'UDP' || port === 81;
    },
  },
  {
    title: 'x/a asks z by the name of a port, and the others only themselves',
    policies: [
      policyOf({
        podSelector: only('a'),
        policyTypes: ['Egress'],
        egress: [{ to: [{ namespaceSelector: namespace('z') }], ports: [{ protocol: 'TCP', port: 'serve-81' }] }],
      }),
    ],
    allowed: ({ from, to, port }) => from !== 'x/a' || (to.startsWith('z/') && port === 81),
  },
  {
    title: 'x asks the addresses of node 2 but for those of one pod, and IPv6 all but node 1',
    policies: [
      policyOf({
        policyTypes: ['Egress'],
        egress: [
          { to: [{ ipBlock: { cidr: '10.244.2.0/24', except: ['10.244.2.15/32'] } }] },
          { to: [{ ipBlock: { cidr: '::/0', except: ['fd00:244:1::/64'] } }] },
        ],
      }),
    ],
    allowed: ({ from, to, family }) => {
      if (!inX(from)) return true;
      if (family === 6) return to === 'y/c' || to.startsWith('z/') || to === 'outside';
      return to.startsWith('z/');
    },
  },
  {
    title: 'only pods of its own namespace ask y, whatever else is allowed to leave x',
    policies: [
      policyOf({ policyTypes: ['Ingress'], ingress: [{ from: [{ podSelector: {} }] }] }, 'y/p'),
      policyOf({
        policyTypes: ['Egress'],
        egress: [{ to: [{ namespaceSelector: namespace('y') }, { podSelector: {} }] }],
      }),
    ],
    allowed: ({ from, to }) => {
      if (to.startsWith('y/')) return from.startsWith('y/');
      return !inX(from) || inX(to);
    },
  },
  {
    title: 'everybody in the cluster is heard by x, and nobody outside',
    policies: [policyOf({ policyTypes: ['Ingress'], ingress: [{ from: [{ namespaceSelector: {} }] }] })],
    allowed: ({ from, to }) => !inX(to) || from !== 'outside',
  },
  {
    title: 'one that does not say which way and has a rule for leaving holds both ways',
    policies: [policyOf({ podSelector: only('a'), policyTypes: undefined, egress: [{ ports: [{ port: 80 }] }] })],
    allowed: ({ from, to, port, protocol }) => to !== 'x/a' && (from !== 'x/a' || (protocol === 'TCP' && port === 80)),
  },
];
