import type { Log } from '../base/log.ts';

/**
 * A log that also tells the person at the terminal of warnings and errors, and of what is marked with the field
 * `announce` (the good news behind a warning), in one short line each. The same message is
 * told once until another one comes in between: a component that retries every second does not fill the screen.
 */
export function announcingLog(log: Log, say: (line: string) => void): Log {
  let last = '';
  const announce = (message: string, fields: Record<string, unknown> | undefined) => {
    if (fields?.status !== undefined) return; // an answer: who asked has been told
    const reason = fields?.error ?? fields?.reason;
    const line = typeof reason === 'string' ? `${message}: ${reason}` : message;
    if (line !== last) say(line);
    last = line;
  };
  const wrap = (inner: Log): Log => ({
    debug: (message, fields) => inner.debug(message, fields),
    info(message, fields) {
      inner.info(message, fields);
      if (fields?.announce) announce(message, fields);
    },
    warn(message, fields) {
      inner.warn(message, fields);
      announce(message, fields);
    },
    error(message, fields) {
      inner.error(message, fields);
      announce(message, fields);
    },
    child: (fields) => wrap(inner.child(fields)),
  });
  return wrap(log);
}
