// Stops an instance with Volcengine's own Node SDK, then one that does not exist, then several with one call,
// and starts the last one.
// Usage: node stop.cjs <host:port> <accessKeyId> <secretKey> <sessionToken or ""> <instanceId> <another instanceId>
const { Service } = require("@volcengine/openapi");

const [host, accessKeyId, secretKey, sessionToken, instanceId, otherId] = process.argv.slice(2);
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
const start = ecs.createAPI("StartInstance");
const stopSeveral = ecs.createAPI("StopInstances");

async function attempt(call, instances, mode = { StoppedMode: "KeepCharging" }) {
  try {
    return await call({ ...instances, ...mode, ClientToken: "a b/c+d=e~f*(g)!'" });
  } catch (error) {
    // Some versions reject on an error reply, others resolve with it.
    return (error && error.response && error.response.data) || { failure: String(error) };
  }
}

async function main() {
  for (const id of [instanceId, "i-none"]) {
    console.log(JSON.stringify(await attempt(stop, { InstanceId: id })));
  }
  const several = { "InstanceIds.1": otherId, "InstanceIds.2": "i-none" };
  console.log(JSON.stringify(await attempt(stopSeveral, several)));
  console.log(JSON.stringify(await attempt(start, { InstanceId: otherId }, {})));
}

main();
