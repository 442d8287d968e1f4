package io.fleetstop.simulator;

/**
 * A call that passed the gateway.
 *
 * @param action the name of the action
 * @param query its parameters
 * @param fleet the instances of the region it is for
 * @param now when it arrived
 * @param answeredAt when it will be answered
 */
record GatewayRequest(String action, RequestQuery query, Fleet fleet, long now, long answeredAt) {}
