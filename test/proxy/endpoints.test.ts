import { expect } from 'chai';
import { webPorts, type SliceEndpoint } from './objects.ts';

const on = (nodeName: string | undefined, last: number, rest: object = {}): SliceEndpoint => ({
  addresses: [`10.244.0.${last}`],
  ...(nodeName && { nodeName }),
  ...rest,
});
const terminating = { conditions: { ready: false, serving: true, terminating: true } };
const notReady = { conditions: { ready: false, serving: false } };
const hints = (zone?: string, node?: string) => ({
  hints: { ...(zone && { forZones: [{ name: zone }] }), ...(node && { forNodes: [{ name: node }] }) },
});
const last = (endpoints: readonly { ip: string }[]) => endpoints.map(({ ip }) => Number(ip.split('.')[3]));

describe('the choice of endpoints', () => {
  const conditions: [string, object, boolean][] = [
    ['nothing known', {}, true],
    ['ready', { ready: true }, true],
    ['not ready', { ready: false }, false],
    ['terminating but serving', { ready: false, serving: true, terminating: true }, true],
    ['terminating and not serving', { ready: false, serving: false, terminating: true }, false],
    ['serving but not ready', { ready: false, serving: true, terminating: false }, false],
    [
      'terminating and ready all the same, as unready addresses are published',
      { ready: true, terminating: true },
      true,
    ],
  ];
  for (const [what, state, used] of conditions) {
    it(`${used ? 'has' : 'has not'} the only endpoint when it is ${what}`, () => {
      const [port] = webPorts({}, [on('n1', 2, { conditions: state })]);
      expect(last(port!.endpoints)).to.deep.equal(used ? [2] : []);
    });
  }

  it('has each address once, and believes who says that it is ready', () => {
    expect(last(webPorts({}, [on('n2', 2, notReady), on('n1', 2), on('n1', 2, notReady)])[0]!.endpoints)).to.deep.equal(
      [2],
    );
  });

  // [what, endpoints, for any node, for this node]
  const cases: [string, SliceEndpoint[], number[], number[]][] = [
    ['ready ones of all nodes', [on('n1', 2), on('n2', 3)], [2, 3], [2]],
    ['terminating ones not while another is ready', [on('n1', 2, terminating), on('n1', 3)], [3], [3]],
    [
      'of this node the terminating one while another node has a ready one',
      [on('n1', 2, terminating), on('n2', 3)],
      [3],
      [2],
    ],
    ['none of this node', [on('n2', 3), on(undefined, 4)], [3, 4], []],
    ['those hinted for this zone', [on('n2', 2, hints('a')), on('n2', 3, hints('b'))], [2], []],
    ['those hinted for this node', [on('n1', 2, hints('a', 'n1')), on('n2', 3, hints('a', 'n2'))], [2], [2]],
    ['the zone when no hint is for this node', [on('n2', 2, hints('a', 'n2')), on('n3', 3, hints('b', 'n3'))], [2], []],
    ['all when no hint leads here', [on('n2', 2, hints('b')), on('n3', 3, hints('c'))], [2, 3], []],
    ['all when one has no hint', [on('n2', 2, hints('a')), on('n3', 3)], [2, 3], []],
    ['hinted ones whatever those that are not ready lack', [on('n2', 2, hints('a')), on('n3', 3, notReady)], [2], []],
    ['of this node also those hinted for others', [on('n1', 2, hints('b')), on('n2', 3, hints('a'))], [3], [2]],
    [
      'terminating ones without regard to hints',
      [on('n2', 2, terminating), on('n3', 3, { ...terminating, ...hints('a') })],
      [2, 3],
      [],
    ],
  ];
  for (const [what, endpoints, all, local] of cases) {
    it(`takes ${what}`, () => {
      const [port] = webPorts({ internalTrafficPolicy: 'Local' }, endpoints, { zone: 'a' });
      expect([last(port!.endpoints), last(port!.localEndpoints)]).to.deep.equal([all, local]);
    });
  }

  it('knows no zone on a node without one', () => {
    const endpoints = [on('n2', 2, hints('a')), on('n2', 3, hints('b'))];
    expect(last(webPorts({}, endpoints)[0]!.endpoints)).to.deep.equal([2, 3]);
  });

  it('leaves connections to those that still serve', () => {
    const [port] = webPorts({}, [on('n1', 2, terminating), on('n1', 3), on('n1', 4, notReady)]);
    expect(port!.serving).to.deep.equal(['10.244.0.2:8080', '10.244.0.3:8080']);
  });

  it('takes an endpoint of an unknown node for one that may be here', () => {
    const [port] = webPorts({}, [on('n1', 2), on('n2', 3), on(undefined, 4)]);
    expect(port!.endpoints.map(({ here }) => here)).to.deep.equal([true, false, true]);
  });
});
