"""Reviews over HTTP: the queue, one review, and the two answers."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from policy.access.callers import Asking, named
from policy.contracts import Contract, Review, ReviewAnswer, ReviewStatus
from policy.http.openapi import problem_answers
from policy.reviews import Reviews
from policy.routes.decisions import Limit


class ReviewList(Contract):
    """Reviews, the one that ends first on top; ``next_cursor`` goes on where this page ends."""

    items: tuple[Review, ...]
    next_cursor: str | None


class ReviewAnswerBody(Contract):
    """What a person says of a review; ``reviewer`` may be named where no credential tells it."""

    note: Annotated[str, Field(min_length=1, max_length=2000)]
    reviewer: Annotated[str, Field(min_length=1, max_length=64)] | None = None


def router(reviews: Reviews) -> APIRouter:
    """``GET /v1/reviews``, ``…/{review_id}`` and ``POST …/{review_id}/approve|reject``."""
    routes = APIRouter(prefix="/v1/reviews", tags=["reviews"], responses=problem_answers(403, 422, 503))
    answered = problem_answers(400, 404, 409, 410, 413, 415)

    @routes.get("", response_model=ReviewList, summary="The queue")
    def queue(
        status: ReviewStatus | None = None, limit: Limit = 50, cursor: Annotated[UUID | None, Query()] = None
    ) -> ReviewList:
        found = reviews.listed(status, cursor, limit + 1)
        more = str(found[limit - 1].review_id) if len(found) > limit else None
        return ReviewList(items=tuple(found[:limit]), next_cursor=more)

    @routes.get("/{review_id}", response_model=Review, responses=problem_answers(404), summary="One review")
    def one(review_id: UUID) -> Review:
        return reviews.one(review_id)

    @routes.post("/{review_id}/approve", response_model=ReviewAnswer, responses=answered, summary="Approve")
    def approve(review_id: UUID, body: ReviewAnswerBody, asking: Asking) -> ReviewAnswer:
        return reviews.approve(review_id, named(asking, body.reviewer, "reviewer"), body.note)

    @routes.post("/{review_id}/reject", response_model=ReviewAnswer, responses=answered, summary="Reject")
    def reject(review_id: UUID, body: ReviewAnswerBody, asking: Asking) -> ReviewAnswer:
        return reviews.reject(review_id, named(asking, body.reviewer, "reviewer"), body.note)

    return routes
