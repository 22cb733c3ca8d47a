// Loaded into the gateway before its own code (`node --expose-gc --import`): collects garbage when asked by IPC, and says
// what memory is left. It keeps no process alive.
process.on('message', () => {
  // Twice: what the first one finalizes, the second one frees.
  globalThis.gc?.();
  globalThis.gc?.();
  const { rss, heapTotal, heapUsed, external } = process.memoryUsage();
  process.send?.({ rss, heapTotal, heapUsed, external });
});
process.channel?.unref();
