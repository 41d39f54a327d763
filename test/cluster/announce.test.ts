import { expect } from 'chai';
import { noLog } from '../../src/base/log.ts';
import { announcingLog } from '../../src/cluster/announce.ts';

describe('announcingLog', () => {
  let said: string[];
  const log = () => announcingLog(noLog, (line) => said.push(line));

  beforeEach(() => {
    said = [];
  });

  it('tells of warnings and errors with their reason, and of good news that is marked', () => {
    const child = log().child({ component: 'etcd' });
    child.info('all is well');
    child.warn('etcd does not answer', { error: 'connection refused' });
    child.info('etcd answers again', { announce: true });
    child.error('it broke');
    expect(said).to.deep.equal(['etcd does not answer: connection refused', 'etcd answers again', 'it broke']);
  });

  it('tells the same once until something else comes in between', () => {
    const same = log();
    for (let i = 0; i < 3; i++) same.warn('no');
    same.warn('yes');
    same.warn('no');
    expect(said).to.deep.equal(['no', 'yes', 'no']);
  });
});
