// Stops an instance with Volcengine's own Node SDK, then one that does not exist.
// Usage: node stop.cjs <host:port> <accessKeyId> <secretKey> <sessionToken or ""> <instanceId>
const { Service } = require("@volcengine/openapi");

const [host, accessKeyId, secretKey, sessionToken, instanceId] = process.argv.slice(2);
const ecs = new Service({
  serviceName: "ecs",
  defaultVersion: "2020-04-01",
  region: "cn-beijing",
  protocol: "http:",
  host,
  accessKeyId,
  secretKey,
  sessionToken: sessionToken || undefined,
});
const stop = ecs.createAPI("StopInstance");

async function attempt(id) {
  const parameters = { InstanceId: id, StoppedMode: "KeepCharging", ClientToken: "a b/c+d=e~f*(g)!'" };
  try {
    return await stop(parameters);
  } catch (error) {
    // Some versions reject on an error reply, others resolve with it.
    return (error && error.response && error.response.data) || { failure: String(error) };
  }
}

async function main() {
  for (const id of [instanceId, "i-none"]) {
    console.log(JSON.stringify(await attempt(id)));
  }
}

main();
