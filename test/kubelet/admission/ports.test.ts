import { expect } from 'chai';
import { portsRefusal } from '../../../src/kubelet/admission/ports.ts';
import { somePod } from '../pods.ts';

type Port = { hostPort?: number; containerPort: number; protocol?: string; hostIP?: string };
const withPorts = (...ports: Port[]) => somePod({ containers: [{ name: 'app', image: 'app:1', ports }] });

describe('portsRefusal', () => {
  const cases: [string, Port, Port, boolean][] = [
    ['the same port', { hostPort: 80, containerPort: 1 }, { hostPort: 80, containerPort: 2 }, true],
    ['another port', { hostPort: 80, containerPort: 1 }, { hostPort: 81, containerPort: 1 }, false],
    ['no port of the host', { containerPort: 80 }, { containerPort: 80 }, false],
    [
      'another protocol',
      { hostPort: 80, containerPort: 1 },
      { hostPort: 80, containerPort: 1, protocol: 'UDP' },
      false,
    ],
    [
      'one address of all',
      { hostPort: 80, containerPort: 1 },
      { hostPort: 80, containerPort: 1, hostIP: '127.0.0.1' },
      true,
    ],
    [
      'another address',
      { hostPort: 80, containerPort: 1, hostIP: '127.0.0.2' },
      { hostPort: 80, containerPort: 1, hostIP: '127.0.0.1' },
      false,
    ],
  ];
  for (const [what, taken, wanted, refused] of cases) {
    it(`${refused ? 'refuses' : 'allows'} ${what}`, () => {
      const found = portsRefusal(withPorts(wanted), () => [withPorts(taken)]);
      expect(found?.reason).to.equal(refused ? 'NodePorts' : undefined);
    });
  }

  it('does not look at other pods when the pod needs nothing of the host', () => {
    const found = portsRefusal(withPorts({ containerPort: 80 }), () => {
      throw new Error('looked');
    });
    expect(found).to.equal(undefined);
  });
});
