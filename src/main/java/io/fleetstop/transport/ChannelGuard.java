package io.fleetstop.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import reactor.netty.NettyPipeline;

/**
 * Passes to Reactor Netty only what it can handle. Failures are replaced by {@linkplain
 * PrintableFailure printable} ones, because it logs them with message and stack trace. The interim
 * replies 102 and 103 are left out, because it takes them for the final one.
 */
final class ChannelGuard extends ChannelDuplexHandler {

  private static final String NAME = "fleetstop.channelGuard";

  private boolean interim;

  /**
   * Adds the guard right before Reactor Netty's own handler, unless it is there already. A secure
   * channel gets its codec only after the handshake: {@link #restore} moves the guard behind it.
   */
  static void install(Channel channel) {
    ChannelPipeline pipeline = channel.pipeline();
    if (pipeline.get(NAME) == null && pipeline.get(NettyPipeline.ReactiveBridge) != null) {
      pipeline.addBefore(NettyPipeline.ReactiveBridge, NAME, new ChannelGuard());
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
    } else if (message instanceof HttpResponse reply && isInterim(reply.status().code())) {
      interim = true;
    }
    if (!interim) {
      context.fireChannelRead(message);
      return;
    }
    boolean last = message instanceof LastHttpContent;
    ReferenceCountUtil.release(message);
    if (last) {
      interim = false;
      context.read();
    }
  }

  private static boolean isInterim(int status) {
    return status == 102 || status == 103;
  }

  /** A request that waits for the tunnel of a proxy fails with the reply of the proxy. */
  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // the promise has the result
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    if (promise.isVoid() || context.pipeline().get(NettyPipeline.ProxyHandler) == null) {
      context.write(message, promise);
      return;
    }
    ChannelPromise guarded = context.newPromise();
    guarded.addListener(
        written -> {
          if (written.isSuccess()) {
            promise.trySuccess();
          } else {
            promise.tryFailure(PrintableFailure.of(written.cause()));
          }
        });
    context.write(message, guarded);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
    context.fireExceptionCaught(PrintableFailure.of(failure));
  }
}
