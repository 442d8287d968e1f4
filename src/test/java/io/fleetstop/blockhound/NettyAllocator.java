package io.fleetstop.blockhound;

import reactor.blockhound.BlockHound;
import reactor.blockhound.integration.BlockHoundIntegration;

/**
 * The one wait that Netty's own integration leaves out: when many threads share an arena, Netty
 * adds one and takes the lock of each old one for a moment. No code of this library runs in there.
 */
public final class NettyAllocator implements BlockHoundIntegration {

  @Override
  public void applyTo(BlockHound.Builder builder) {
    builder.allowBlockingCallsInside(
        "io.netty.buffer.AdaptivePoolingAllocator$MagazineGroup", "tryExpandMagazines");
  }
}
