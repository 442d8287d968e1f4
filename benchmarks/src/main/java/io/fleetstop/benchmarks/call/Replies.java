package io.fleetstop.benchmarks.call;

/** What the server answers to every request, in the documented form of either service. */
final class Replies {

  /** ECS to {@code StopInstance}. */
  static final String JSON =
      "{\"ResponseMetadata\":{\"RequestId\":\"20261123120000000A1B2C3D400000001\","
          + "\"Action\":\"StopInstance\",\"Version\":\"2020-04-01\","
          + "\"Service\":\"ecs\",\"Region\":\"cn-beijing\"},\"Result\":{}}";

  /** EC2 to {@code StopInstances}. */
  static final String XML =
      "<StopInstancesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">"
          + "<requestId>59dbff89-35bd-4eac-99ed-be587ed81825</requestId>"
          + "<instancesSet><item><instanceId>i-0123456789abcdef0</instanceId>"
          + "<currentState><code>64</code><name>stopping</name></currentState>"
          + "<previousState><code>16</code><name>running</name></previousState>"
          + "</item></instancesSet></StopInstancesResponse>";

  private Replies() {}
}
