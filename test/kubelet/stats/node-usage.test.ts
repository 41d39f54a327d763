import { expect } from 'chai';
import { interfacesOf, machineCpu, machineMemory } from '../../../src/kubelet/stats/node-usage.ts';

describe('what a machine uses', () => {
  it('counts processor time without idling', () => {
    expect(machineCpu('cpu  1 2 3 1000 500 4 5 0 1 0\ncpu0 9 9 9\n')).to.equal(15 * 10_000_000);
    expect(machineCpu('')).to.equal(0);
  });

  it('leaves inactive pages of files out of the working set', () => {
    const meminfo = 'MemTotal: 100 kB\nMemFree: 30 kB\nInactive(file): 20 kB\nAnonPages:  10 kB\n'.replaceAll(
      ': ',
      ':   ',
    );
    const { memory, memoryAvailable } = machineMemory(meminfo, 'pgfault 8\npgmajfault 2\n');
    const kilobyte = 1024;
    expect(memory).to.deep.equal({
      ...{ usage: 70 * kilobyte, workingSet: 50 * kilobyte, rss: 10 * kilobyte, limit: 0 },
      ...{ pageFaults: 8, majorPageFaults: 2 },
    });
    expect(memoryAvailable).to.equal(50 * kilobyte);
  });

  it('reads interfaces', () => {
    const text =
      'Inter-|   Receive      |  Transmit\n face |bytes packets errs drop fifo frame compressed multicast|bytes packets\n' +
      '    lo: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n  eth0:  11 12 13 0 0 0 0 0 21 22 23 0 0 0 0 0\n';
    expect(interfacesOf(text)).to.deep.equal([{ name: 'eth0', rxBytes: 11, rxErrors: 13, txBytes: 21, txErrors: 23 }]);
  });
});
