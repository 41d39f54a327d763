import { expect } from 'chai';
import { CommandError, run } from '../../src/linux/exec.ts';

const failure = async (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    () => expect.fail('it did not fail'),
    (error) => error,
  );

describe('run', () => {
  it('gives input to a command and returns what it wrote', async () => {
    expect(await run('cat', [], { stdin: 'hello' })).to.deep.equal({ stdout: 'hello', stderr: '', code: 0 });
  });

  it('passes arguments as they are, without a shell', async () => {
    expect((await run('echo', ['$HOME;', '*'])).stdout).to.equal('$HOME; *\n');
  });

  it('lets nothing of its own environment through', async () => {
    const { stdout } = await run('env', [], { env: { CNI_COMMAND: 'ADD' } });
    const names = stdout
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(names).to.have.members(['PATH', 'LC_ALL', 'CNI_COMMAND']);
  });

  it('fails with a sentence that names the command, its code and its last words', async () => {
    const error = await failure(run('sh', ['-c', 'echo first >&2; echo no such thing >&2; exit 3']));
    expect(error).to.be.instanceOf(CommandError).and.to.include({ code: 3, missing: false });
    expect(error.message).to.match(/^sh -c .* failed with code 3: no such thing$/);
  });

  it('says when a command is not installed', async () => {
    const error = await failure(run('no-such-command', []));
    expect(error).to.include({ message: 'the command no-such-command is not installed', missing: true });
  });

  it('takes exit codes that are an answer', async () => {
    expect((await run('sh', ['-c', 'exit 2'], { accept: [1, 2] })).code).to.equal(2);
    expect((await run('sh', ['-c', 'exit 9'], { accept: true })).code).to.equal(9);
    expect(await failure(run('sh', ['-c', 'exit 9'], { accept: [1] }))).to.include({ code: 9 });
  });

  it('kills a command that takes too long', async () => {
    const error = await failure(run('sleep', ['60'], { timeout: 20 }));
    expect(error.message).to.equal('sleep 60 was killed by SIGKILL (it may take at most 20 ms)');
  });

  it('kills the command when it is aborted, and rejects with the reason', async () => {
    const reason = new Error('enough');
    const abort = new AbortController();
    const result = failure(run('sleep', ['60'], { signal: abort.signal }));
    abort.abort(reason);
    expect(await result).to.equal(reason);
    expect(await failure(run('sleep', ['60'], { signal: abort.signal }))).to.equal(reason);
  });

  it('does not mind a command that never reads its input', async () => {
    expect((await run('true', [], { stdin: 'x'.repeat(1_000_000) })).code).to.equal(0);
  });
});
