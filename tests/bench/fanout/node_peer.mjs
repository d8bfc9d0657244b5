// Node as its users write it: `ws` and a loop of send() over its clients; a plain response for each event stream.
// node node_peer.mjs FOLDER-OF-WS: captions come as lines. Says its two ports on stdout.
import http from 'node:http';
import net from 'node:net';
import { createRequire } from 'node:module';
import path from 'node:path';
import readline from 'node:readline';

const folder = process.argv[2];
const { WebSocketServer, WebSocket } = createRequire(path.join(folder, 'x'))(folder);
const streams = new Set();

const server = http.createServer((request, response) => {
  response.socket.setNoDelay(true);
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.flushHeaders();
  streams.add(response);
  response.on('close', () => streams.delete(response));
});
server.requestTimeout = 0;
const sockets = new WebSocketServer({ server, path: '/ws', perMessageDeflate: false });

const publish = (line) => {
  for (const client of sockets.clients) if (client.readyState === WebSocket.OPEN) client.send(line);
  if (streams.size > 0) {
    const id = /"index":(\d+)/.exec(line)?.[1] ?? '0';
    const event = `event: caption\nid: NodePeer.${id}\ndata: ${line}\n\n`;
    for (const stream of streams) stream.write(event);
  }
};

const lines = net.createServer((publisher) => {
  readline.createInterface({ input: publisher }).on('line', publish);
  publisher.on('close', () => process.exit(0));
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  lines.listen(0, '127.0.0.1', () => console.log(`${server.address().port} ${lines.address().port}`));
});
