// Entry of the writer thread: runs batches as they come. All waiting for the disk happens here, never on the main loop.

import { parentPort, workerData } from 'node:worker_threads';
import { type Connection, openConnection } from './connection.ts';
import { failureOf } from './failure.ts';
import type { FromThread, ThreadData, ToThread } from './sql.ts';

const port = parentPort;
if (port === null) throw new Error('writer-thread.ts is started as a worker thread by database.ts');

const send = (message: FromThread): void => port.postMessage(message);

function open(data: ThreadData): Connection | undefined {
  try {
    const connection = openConnection(data);
    send({ kind: 'ready' });
    return connection;
  } catch (error) {
    send({ kind: 'refused', failure: failureOf(error) });
    return undefined;
  }
}

const connection = open(workerData as ThreadData);
if (connection === undefined) port.close();
else {
  port.on('message', (message: ToThread) => {
    if (message.kind === 'batch') {
      send({ kind: 'batch', id: message.id, outcomes: connection.run(message.requests) });
    } else {
      connection.close();
      send({ kind: 'closed' });
      port.close();
    }
  });
}
