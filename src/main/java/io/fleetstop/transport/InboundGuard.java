package io.fleetstop.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpObject;
import reactor.netty.NettyPipeline;

/**
 * Replaces failures of a channel by {@linkplain PrintableFailure printable} ones before Reactor
 * Netty sees them: it logs them with their message and stack trace.
 */
@Sharable
final class InboundGuard extends ChannelInboundHandlerAdapter {

  private static final String NAME = "fleetstop.inboundGuard";
  private static final InboundGuard INSTANCE = new InboundGuard();

  private InboundGuard() {}

  /**
   * Adds the guard right before Reactor Netty's own handler, unless it is there already. A secure
   * channel gets its codec only after the handshake: {@link #restore} moves the guard behind it.
   */
  static void install(Channel channel) {
    ChannelPipeline pipeline = channel.pipeline();
    if (pipeline.get(NAME) == null && pipeline.get(NettyPipeline.ReactiveBridge) != null) {
      pipeline.addBefore(NettyPipeline.ReactiveBridge, NAME, INSTANCE);
    }
  }

  /** Moves the guard behind handlers that were added after it. */
  static void restore(Channel channel) {
    ChannelPipeline pipeline = channel.pipeline();
    if (pipeline.get(NAME) != null) {
      pipeline.remove(NAME);
    }
    install(channel);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof HttpObject part && part.decoderResult().isFailure()) {
      part.setDecoderResult(
          DecoderResult.failure(PrintableFailure.of(part.decoderResult().cause())));
    }
    context.fireChannelRead(message);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
    context.fireExceptionCaught(PrintableFailure.of(failure));
  }
}
